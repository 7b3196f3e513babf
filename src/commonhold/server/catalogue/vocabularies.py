"""The fixed words of the field: tasks, predefined licences, archive types."""

TASK_NAMES = {
    "N/A": "Not applicable",
    "NLP": "Natural language processing",
    "ASR": "Automatic speech recognition",
    "LID": "Language identification",
    "TTS": "Text to speech",
    "MT": "Machine translation",
    "LM": "Language modelling",
    "LLM": "Large language models",
    "NLU": "Natural language understanding",
    "NLG": "Natural language generation",
    "CALL": "Computer-assisted language learning",
    "RAG": "Retrieval-augmented generation",
    "CV": "Computer vision",
    "ML": "Machine learning",
    "OTH": "Other",
}
TASKS = tuple(TASK_NAMES)

LICENSES = {
    "Apache-2.0": "Apache License 2.0",
    "BSD-3-Clause": "BSD 3-Clause License",
    "CC-BY-4.0": "Creative Commons Attribution 4.0 International",
    "CC-BY-ND-4.0": "Creative Commons Attribution-NoDerivatives 4.0 International",
    "CC-BY-NC-4.0": "Creative Commons Attribution-NonCommercial 4.0 International",
    "CC-BY-NC-SA-4.0": "Creative Commons Attribution-NonCommercial-ShareAlike 4.0 International",
    "CC-BY-SA-4.0": "Creative Commons Attribution-ShareAlike 4.0 International",
    "CC-SA-1.0": "Creative Commons ShareAlike 1.0 Generic",
    "CC0-1.0": "Creative Commons Zero 1.0 Universal",
    "EUPL-1.2": "European Union Public Licence 1.2",
    "AGPL-3.0": "GNU Affero General Public License 3.0",
    "GFDL-1.3": "GNU Free Documentation License 1.3",
    "GPL-3.0": "GNU General Public License 3.0",
    "LGPLLR": "Lesser General Public License For Linguistic Resources",
    "MIT": "MIT License",
    "MPL-2.0": "Mozilla Public License 2.0",
    "NLOD-2.0": "Norwegian Licence for Open Government Data 2.0",
    "NOODL-1.0": "Nwulite Obodo Open Data License 1.0",
    "ODC-By-1.0": "Open Data Commons Attribution License 1.0",
    "ODbL-1.0": "Open Data Commons Open Database License 1.0",
    "OGL-Canada-2.0": "Open Government Licence - Canada 2.0",
    "OGL-UK-3.0": "Open Government Licence - United Kingdom 3.0",
    "OPUBL-1.0": "Open Publication License 1.0",
    "OGDL-Taiwan-1.0": "Open Government Data License, Taiwan 1.0",
    "Unlicense": "The Unlicense",
}

CONTENT_TYPES = {".tar.gz": "application/gzip", ".tgz": "application/gzip", ".zip": "application/zip"}


def content_type_of(filename: str) -> str | None:
    """Return the content type that an archive's name stands for, or None where it is no archive's name."""
    lowered = filename.lower()
    return next((kind for ending, kind in CONTENT_TYPES.items() if lowered.endswith(ending)), None)
