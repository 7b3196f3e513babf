"""Turn the tables into archives: a README, the licence and the data; samples hold a few of the rows."""

import csv
import io
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from commonhold.server.collection.demo.archives import write_archive
from commonhold.server.collection.demo.cldr import Cldr, Row, license_text, version

_SAMPLE_ROWS = 60


@dataclass(frozen=True, slots=True)
class Table:
    """One archive to write: its name, the title and explanation for its README, its columns and its rows."""

    archive: str
    title: str
    about: str
    columns: tuple[str, ...]
    rows: Callable[[Cldr], Iterable[Any]]
    sample: str = ""


TABLES = (
    Table(
        "names-of-languages.tar.gz",
        "Names of Languages",
        "What languages are called in other languages.",
        ("locale", "language", "name"),
        Cldr.language_names,
        "names-of-languages-sample.tar.gz",
    ),
    Table(
        "parallel-locale-terms.tar.gz",
        "Parallel Locale Terms",
        "Terms and patterns in English beside another language. `{0}` stands for a number.",
        ("locale", "path", "english", "text"),
        Cldr.parallel_terms,
        "parallel-locale-terms-sample.tar.gz",
    ),
    Table(
        "names-of-territories-1.tar.gz",
        "Names of Territories, version 1",
        "Countries and dependencies. The names imply no opinion on the status of a territory.",
        ("locale", "territory", "name"),
        lambda cldr: cldr.territory_names(regions=False),
    ),
    Table(
        "names-of-territories-2.tar.gz",
        "Names of Territories, version 2",
        "Countries, dependencies and world regions. The names imply no opinion on the status of a territory.",
        ("locale", "territory", "name"),
        lambda cldr: cldr.territory_names(regions=True),
        "names-of-territories-sample.tar.gz",
    ),
    Table(
        "months-and-weekdays.tar.gz",
        "Months and Weekdays",
        "Words of the Gregorian calendar. Months count from 1 for January, weekdays from 1 for Monday.",
        (),
        Cldr.calendar_words,
        "months-and-weekdays-sample.tar.gz",
    ),
    Table(
        "plural-rules.tar.gz",
        "Plural Rules with Examples",
        "Rules in the notation of UTS #35. The examples for 0 to 200 are computed from the rules.",
        (),
        Cldr.plural_rules,
        "plural-rules-sample.tar.gz",
    ),
    Table(
        "number-formats.tar.gz",
        "Number Formats",
        "Symbols and patterns for numbers, percentages and money.",
        (),
        Cldr.number_formats,
        "number-formats-sample.tar.gz",
    ),
    Table(
        "names-of-currencies.zip",
        "Names of Currencies",
        "Currencies past and present. The symbol is empty where the locale has none of its own.",
        ("locale", "currency", "name", "symbol"),
        Cldr.currency_names,
    ),
    Table(
        "time-zone-cities.tar.gz",
        "Time Zone Cities",
        "Cities that stand for the time zones of the IANA database.",
        ("locale", "time_zone", "city"),
        Cldr.time_zone_cities,
        "time-zone-cities-sample.tar.gz",
    ),
    Table(
        "kannada-hindi-terms.tar.gz",
        "Kannada and Hindi Terms",
        "The same terms in Kannada, Hindi and English.",
        ("path", "kannada", "hindi", "english"),
        Cldr.kannada_hindi_terms,
        "kannada-hindi-terms-sample.tar.gz",
    ),
    Table(
        "unit-phrases-draft.tar.gz",
        "Unit Phrases (Draft)",
        "Patterns of phrases with units, in every plural category. `{0}` stands for the number.",
        ("locale", "unit", "width", "category", "pattern"),
        Cldr.unit_phrases,
    ),
)


def archive_names() -> list[str]:
    """Return the names of all the archives that :func:`build` writes."""
    return [name for table in TABLES for name in (table.archive, table.sample) if name]


def build(folder: Path) -> None:
    """Write every archive into ``folder``."""
    cldr = Cldr()
    for table in TABLES:
        rows = list(table.rows(cldr))
        write_archive(folder / table.archive, _members(table, table.archive, rows, sampled=False))
        if table.sample:
            step = max(1, len(rows) // _SAMPLE_ROWS)
            write_archive(folder / table.sample, _members(table, table.sample, rows[::step], sampled=True))


def _members(table: Table, archive: str, rows: list[Any], *, sampled: bool) -> Mapping[str, bytes]:
    stem = archive.removesuffix(".zip").removesuffix(".tar.gz")
    name, data = _data(table, archive, stem, rows)
    readme = _readme(table, name, len(rows), sampled=sampled)
    return {f"{stem}/README.md": readme, f"{stem}/LICENSE": license_text(), f"{stem}/{name}": data}


def _data(table: Table, archive: str, stem: str, rows: list[Any]) -> tuple[str, bytes]:
    if not table.columns:
        lines = (json.dumps(row, ensure_ascii=False, separators=(",", ":")) for row in rows)
        return f"{stem}.jsonl", "".join(line + "\n" for line in lines).encode()
    table_rows: list[Row] = [table.columns, *rows]
    if archive.endswith(".zip"):
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows(table_rows)
        return f"{stem}.csv", text.getvalue().encode()
    return f"{stem}.tsv", "".join("\t".join(row) + "\n" for row in table_rows).encode()


def _readme(table: Table, name: str, count: int, *, sampled: bool) -> bytes:
    form = "one JSON object per line" if not table.columns else f"columns {', '.join(table.columns)}"
    what = f"{count} rows spread over the whole table" if sampled else f"{count} rows"
    return f"""# {table.title}{" (sample)" if sampled else ""}

{table.about}

- `{name}`: {what}, UTF-8, {form}. Locales are BCP 47 tags.
- `LICENSE`: the Unicode License v3, under which the data stands.

Source: Unicode Common Locale Data Repository, {version()}.
Copyright © Unicode, Inc. The data was selected and arranged in rows; no text was changed.
The publishers named beside this archive on a demonstration site are made up.
""".encode()
