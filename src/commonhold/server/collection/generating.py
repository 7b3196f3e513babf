"""Plausible multilingual datasets in any number, for measuring: entries of the catalogue, without archives behind them.

The names of languages and territories are the Unicode CLDR's; everything else is drawn from a seeded generator, so that
two runs make the same catalogue.
"""

import datetime as dt
import hashlib
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from babel import Locale
from django.db import connection, transaction

from commonhold.server.catalogue import stretches
from commonhold.server.catalogue.models import Dataset, DatasetVersion
from commonhold.server.catalogue.search import indexing
from commonhold.server.catalogue.states import PRIVATE, PUBLIC, RESTRICTED
from commonhold.server.catalogue.vocabularies import LICENSES
from commonhold.server.organizations.models import Organization

BATCH = 500
_DATASETS_OF_AN_ORGANIZATION = 200
_NEWEST = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)

# What a dataset holds, as each language names it; {language} and {territory} are the CLDR's names in that language.
_KINDS: dict[str, tuple[str, str, dict[str, str]]] = {
    "speech": ("ASR", "MP3", {
        "en-US": "{language} read speech from {territory}", "fr": "Parole lue en {language}, {territory}",
        "de": "Gelesene Sprache: {language}, {territory}", "es": "Habla leída en {language}, {territory}",
        "sw": "Usemi uliosomwa wa {language}, {territory}", "hi": "{territory} से {language} वाचन",
        "kn": "{territory}ದಿಂದ {language} ಓದಿದ ಮಾತು", "ar": "كلام مقروء باللغة {language} من {territory}",
        "ja": "{territory}の{language}朗読音声", "zh-CN": "{territory}的{language}朗读语音",
    }),
    "conversation": ("ASR", "WAV", {
        "en-US": "Conversations in {language}, {territory}", "fr": "Conversations en {language}, {territory}",
        "de": "Gespräche auf {language}, {territory}", "es": "Conversaciones en {language}, {territory}",
        "ja": "{territory}の{language}会話",
    }),
    "news": ("NLP", "JSONL", {
        "en-US": "{language} news sentences from {territory}", "fr": "Phrases de presse en {language}, {territory}",
        "es": "Frases de noticias en {language}, {territory}", "hi": "{territory} के {language} समाचार वाक्य",
        "zh-CN": "{territory}{language}新闻句子",
    }),
    "translation": ("MT", "TSV", {
        "en-US": "{language} and English parallel sentences, {territory}",
        "fr": "Phrases parallèles {language} et anglais, {territory}",
        "sw": "Sentensi sambamba za {language} na Kiingereza, {territory}",
        "ar": "جمل متوازية {language} والإنجليزية، {territory}",
    }),
    "identification": ("LID", "CSV", {
        "en-US": "Spoken {language} in {territory}, for language identification",
        "de": "Gesprochenes {language} in {territory}, zur Spracherkennung",
        "kn": "{territory}ದಲ್ಲಿ ಮಾತನಾಡುವ {language}",
    }),
    "voices": ("TTS", "FLAC", {
        "en-US": "Studio voices in {language}, {territory}", "fr": "Voix de studio en {language}, {territory}",
        "ja": "{territory}の{language}スタジオ音声",
    }),
}  # fmt: skip
_SUMMARY = "{hours} hours by {people} people, recorded between {since} and {until}."
_STORY = (
    "Collected with {people} contributors. Each recording was heard by two others before it was taken in.\n\n"
    "Speakers come from {places} places; ages {youngest} to {oldest}. {remark}"
)
_REMARKS = (
    "Background noise is marked.", "Transcripts keep hesitations.", "Half of the recordings are by women.",
    "Names of people were removed.", "Numbers are written in words.", "Metadata is in a table of its own.",
)  # fmt: skip
_SPOKEN = (
    "kn", "hi", "sw", "ar", "ja", "fr", "de", "es", "pt", "yo", "ha", "ig", "am", "zu", "xh", "rw", "ta", "te", "ml",
    "bn", "gu", "mr", "ne", "si", "th", "vi", "id", "jv", "tr", "az", "kk", "uz", "ka", "hy", "eu", "ca", "gl", "cy",
    "ga", "br", "mt", "is", "fo", "fi", "et", "lv", "lt", "pl", "cs", "sk", "sl", "hr", "sr", "bg", "mk", "uk", "ru",
    "el", "he", "fa", "ur", "ps",
)  # fmt: skip


@dataclass(slots=True)
class Generated:
    """What was made."""

    organizations: int = 0
    datasets: int = 0


def generate(count: int, *, seed: int, tell: Callable[[str], None]) -> Generated:
    """Add ``count`` datasets of made-up organizations to the catalogue.

    Args:
        count: how many datasets.
        seed: what the draws depend on; each seed makes other public ids.
        tell: takes a line of progress now and then.
    """
    drawn = _Draw(random.Random(seed), seed)  # noqa: S311  made-up texts, no secrets
    owners = _organizations(drawn, max(1, count // _DATASETS_OF_AN_ORGANIZATION))
    made = Generated(organizations=len(owners))
    numbers = iter(range(count))
    while batch := [drawn.dataset(number, owners) for _, number in zip(range(BATCH), numbers, strict=False)]:
        _write(batch, drawn)
        made.datasets += len(batch)
        if made.datasets % (20 * BATCH) == 0:
            tell(f"{made.datasets:,} of {count:,}")
    # The kept counts were moved one by one; now they are cut evenly again.
    stretches.rebuild()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return made


def _organizations(drawn: "_Draw", count: int) -> list[Organization]:
    rows = [
        Organization(
            slug=f"generated-{drawn.seed}-{number}",
            name={"en-US": f"{drawn.territory('en-US')} Language Community {number}"},
            can_publish=True,
        )
        for number in range(count)
    ]
    with transaction.atomic():
        return list(Organization.objects.bulk_create(rows, batch_size=BATCH))


def _write(batch: list[Dataset], drawn: "_Draw") -> None:
    with transaction.atomic():
        _insert(batch, drawn)


def _insert(batch: list[Dataset], drawn: "_Draw") -> None:
    Dataset.objects.bulk_create(batch)
    versions = DatasetVersion.objects.bulk_create(drawn.version(dataset) for dataset in batch)
    for dataset, version in zip(batch, versions, strict=True):
        dataset.current_version = version
    Dataset.objects.bulk_update(batch, ["current_version"])
    for dataset in batch:
        indexing.put(dataset)


@dataclass(slots=True)
class _Draw:
    """What is drawn for one catalogue."""

    random: random.Random
    seed: int
    _names: dict[str, tuple[dict[str, str], list[str]]] = field(default_factory=dict)

    def territory(self, locale: str, place: int | None = None) -> str:
        names = self._of(locale)[1]
        return names[(self.random.randrange(len(names)) if place is None else place) % len(names)]

    def dataset(self, number: int, owners: list[Organization]) -> Dataset:
        kind = self.random.choice(sorted(_KINDS))
        task, form, patterns = _KINDS[kind]
        spoken, place = self.random.choice(_SPOKEN), self.random.randrange(250)
        license_name = self.random.choice(sorted(LICENSES))
        details = self._details()
        return Dataset(
            public_id=f"gen{self.seed}x{number:09d}",
            slug=f"{kind}-{spoken}-{self.seed}-{number}",
            organization=self.random.choice(owners),
            visibility=self.random.choices((PUBLIC, RESTRICTED, PRIVATE), (90, 8, 2))[0],
            name=dict(self._translated(patterns, spoken, place)),
            short_description={"en-US": _SUMMARY.format(**details)},
            long_description={"en-US": _STORY.format(**details)},
            locale=spoken, task=task, format=form, license_abbreviation=license_name,
            license_name=LICENSES[license_name],
            created_at=_NEWEST - dt.timedelta(minutes=self.random.randrange(3_000_000), seconds=number % 60),
        )  # fmt: skip

    def version(self, dataset: Dataset) -> DatasetVersion:
        return DatasetVersion(
            dataset=dataset, number=1, object_key=f"generated/{dataset.public_id}/1",
            filename=f"{dataset.slug}-1.tar.gz", content_type="application/gzip",
            size_bytes=int(self.random.lognormvariate(20, 2)) + 1,
            sha256=hashlib.sha256(dataset.public_id.encode()).hexdigest(), notes={},
        )  # fmt: skip

    def _translated(self, patterns: dict[str, str], spoken: str, place: int) -> Iterator[tuple[str, str]]:
        others = [locale for locale in patterns if locale != "en-US"]
        for locale in ("en-US", *self.random.sample(others, self.random.randint(0, min(3, len(others))))):
            language = self._of(locale)[0].get(spoken, spoken)
            yield locale, patterns[locale].format(language=language, territory=self.territory(locale, place))

    def _details(self) -> dict[str, Any]:
        since, youngest = self.random.randint(2005, 2022), self.random.randint(16, 30)
        return {
            "hours": self.random.randint(1, 3000), "people": self.random.randint(3, 5000), "since": since,
            "until": since + self.random.randint(0, 3), "places": self.random.randint(2, 80), "youngest": youngest,
            "oldest": youngest + self.random.randint(20, 60), "remark": self.random.choice(_REMARKS),
        }  # fmt: skip

    def _of(self, locale: str) -> tuple[dict[str, str], list[str]]:
        """Return the names of languages, and those of territories in an order that all locales share."""
        if locale not in self._names:
            languages, territories = _cldr(locale)
            codes = sorted(code for code in _cldr("en-US")[1] if not code.isdigit())
            self._names[locale] = languages, [territories.get(code, code) for code in codes]
        return self._names[locale]


def _cldr(locale: str) -> tuple[dict[str, str], dict[str, str]]:
    """Return what the locale calls languages and territories, by code."""
    told = Locale.parse(locale, sep="-")
    languages = {str(code): str(name) for code, name in told.languages.items()}
    return languages, {str(code): str(name) for code, name in told.territories.items()}
