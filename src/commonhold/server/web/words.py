"""The words people read for the short codes of the field."""

from functools import lru_cache

from babel import Locale, UnknownLocaleError
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

TASKS = {
    "N/A": _("No particular task"),
    "NLP": _("Natural language processing"),
    "ASR": _("Speech recognition"),
    "LID": _("Language identification"),
    "TTS": _("Speech synthesis"),
    "MT": _("Machine translation"),
    "LM": _("Language modelling"),
    "LLM": _("Large language models"),
    "NLU": _("Language understanding"),
    "NLG": _("Language generation"),
    "CALL": _("Computer-assisted language learning"),
    "RAG": _("Retrieval-augmented generation"),
    "CV": _("Computer vision"),
    "ML": _("Machine learning"),
    "OTH": pgettext_lazy("task", "Other"),
}

VISIBILITIES = {"public": _("Public"), "restricted": _("Restricted"), "private": _("Private")}

REQUEST_STATES = {
    "pending": _("Waiting"),
    "approved": _("Approved"),
    "rejected": _("Rejected"),
    "revoked": _("Revoked"),
}

STATUSES = {
    "published": pgettext_lazy("state of a dataset", "Published"),
    "removed": _("Removed"),
    "withheld": _("Withheld"),
}

REPORT_KINDS = {
    "copyright": _("Copyright: it holds work that may not be shared"),
    "personal_data": _("Personal data: it tells of people who have not agreed to it"),
    "abuse": _("Abuse: it is harmful, hateful or fraudulent"),
    "other": pgettext_lazy("report", "Something else"),
}

REPORT_STATES = {
    "open": pgettext_lazy("state of a report", "Open"),
    "dismissed": _("Dismissed"),
    "withheld": _("Withheld"),
    "removed": _("Removed"),
}

SITE_ROLES = {"reviewer": _("Reviewer"), "operator": _("Operator")}

ROLES = {"owner": _("Owner"), "publisher": _("Publisher"), "member": _("Member")}

SCOPE_NAMES = {
    "read": pgettext_lazy("scope", "read"),
    "download": pgettext_lazy("scope", "download"),
    "publish": pgettext_lazy("scope", "publish"),
}

SCOPES = {
    "read": _("Read: find datasets and see their details"),
    "download": _("Download: fetch archives and samples"),
    "publish": _("Publish: submit datasets and change them"),
}


def language_name(tag: str) -> str:
    """Return what the language of this tag is called in the language of the page; the tag itself where nobody knows."""
    return _language_name(tag, get_language() or "en") if tag else ""


@lru_cache(maxsize=4096)
def _language_name(tag: str, page_language: str) -> str:
    try:
        page = Locale.parse(page_language.replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        page = Locale("en")
    names = page.languages
    try:
        locale = Locale.parse(tag.replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        return str(names.get(tag.lower().split("-")[0], tag)) if len(tag) <= 3 else tag
    return str(locale.get_display_name(page) or tag)
