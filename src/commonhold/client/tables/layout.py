"""Which members of an archive are a dataset's table, and how they are written: by its schema, else by their names."""

import codecs
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from typing import Any

from commonhold.client.errors import CorruptError, UsageError

CSV, TSV, JSONL, PARQUET = "csv", "tsv", "jsonl", "parquet"
_ENDINGS = {
    ".csv": CSV, ".tsv": TSV, ".tab": TSV, ".jsonl": JSONL, ".ndjson": JSONL, ".parquet": PARQUET,
}  # fmt: skip
_FORMATS = {**{name: name for name in (CSV, TSV, JSONL, PARQUET)}, "ndjson": JSONL, "jsonlines": JSONL}
_SEPARATORS = {CSV: ",", TSV: "\t"}
# Endings that leave it to the dataset's format what a file is.
_UNTELLING = {"", ".txt", ".data"}
_UNQUOTED = {"none", "quote_none", "3"}
_MOST_SHOWN = 10


@dataclass(frozen=True)
class Column:
    """A column that the schema names.

    Attributes:
        source: what the file calls it.
        name: what the table calls it.
        before: put before each value, where the values are paths: the folder in the archive.
        after: put after each value.
        is_optional: whether it may be missing.
    """

    source: str
    name: str
    before: str = ""
    after: str = ""
    is_optional: bool = False


@dataclass(frozen=True)
class Layout:
    """How the table is written.

    Attributes:
        members: names in the archive, each with its split; an empty split where there are none.
        format: ``csv`` (of any separator), ``jsonl`` or ``parquet``.
        quoted: whether fields may stand in double quotes.
        columns: those to keep, in this order; all where there are none.
    """

    members: tuple[tuple[str, str], ...]
    format: str
    separator: str = ","
    header: bool = True
    encoding: str = "utf-8"
    quoted: bool = True
    columns: tuple[Column, ...] = field(default=())


def layout_of(
    names: Sequence[str],
    *,
    schema: Mapping[str, Any] | None,
    usual: str,
    member: str | None = None,
    split: str | None = None,
) -> Layout:
    """Find the table.

    Args:
        names: of the archive's files.
        schema: the dataset's, where it has one.
        usual: the dataset's format, for files whose names do not tell.
        member: a name, or a pattern such as ``data/*.parquet``, instead of what the schema says.
        split: only this one.

    Raises:
        UsageError: there is no table, or it is not clear which is meant.
    """
    strategy = str(schema.get("root_strategy", "")) if schema else ""
    if member is not None or not schema or not strategy:
        return _plain(names, schema or {}, usual, member, split)
    if strategy == "index":
        index = _only(names, str(schema.get("index_file", "")))
        return _written(((index, ""),), schema, usual, index)
    if strategy == "multi_split":
        return _splits(names, schema, usual, split)
    raise UsageError(
        f"The dataset's schema reads the archive by {strategy!r:.40}, which makes no single table.",
        hint="Name a file of the archive with member=, or open the archive with client.members.",
    )


def _plain(
    names: Sequence[str], schema: Mapping[str, Any], usual: str, member: str | None, split: str | None
) -> Layout:
    if member is not None:
        found = [name for name in names if name == member or PurePosixPath(name).match(member)]
    else:
        found = [name for name in names if _ending(name)]
        if not found and len(names) == 1 and PurePosixPath(names[0]).suffix.lower() in _UNTELLING:
            found = [names[0]] if usual.lower() in _FORMATS else []
    if split is not None:
        found = [name for name in found if PurePosixPath(name).stem == split]
    if not found:
        raise UsageError(
            f"The archive has no table that this finds: {_shown(names)}.", hint="Name a file with member=."
        )
    if len(found) > 1 and member is None:
        raise UsageError(
            f"The archive has several tables: {_shown(found)}.",
            hint="Name one with member=, or several of a kind with a pattern such as member='*.parquet'.",
        )
    return _written(tuple((name, "") for name in sorted(found)), {**schema, "columns": None}, usual, found[0])


def _splits(names: Sequence[str], schema: Mapping[str, Any], usual: str, split: str | None) -> Layout:
    known = [str(name) for name in schema.get("splits") or ()]
    wanted = known if split is None else [name for name in known if name == split]
    if not wanted:
        raise UsageError(f"There is no split {split!r}.", hint=f"There are: {', '.join(known) or 'none'}.")
    pattern = schema.get("splits_file_pattern") or schema.get("file_pattern")
    members = []
    for name in wanted:
        found = [
            path for path in names
            if PurePosixPath(path).stem == name
            and (_ending(path) if pattern is None else PurePosixPath(path).match(str(pattern).removeprefix("**/")))
        ]  # fmt: skip
        if not found:
            raise CorruptError(f"The archive holds no file for the split {name!r:.80}.")
        # The one that lies highest is meant: below may be copies.
        members.append((min(found, key=lambda path: path.count("/")), name))
    return _written(tuple(members), schema, usual, members[0][0])


def _written(
    members: tuple[tuple[str, str], ...], schema: Mapping[str, Any], usual: str, example: str
) -> Layout:
    """Return how the members are written, from the schema, the name of one, and the dataset's usual format."""
    told = _FORMATS.get(str(schema.get("format", "")).lower())
    kind = told or _ending(example) or _FORMATS.get(usual.lower())
    separator = schema.get("separator")
    if separator is not None:
        kind = CSV if kind in {None, TSV} else kind
    if kind is None:
        raise UsageError(
            f"How {example} is written is not known.",
            hint="Tables are read from CSV, TSV, JSON Lines and Parquet; open others with client.members.",
        )
    layout = Layout(members, CSV if kind == TSV else kind, columns=_columns(schema, example))
    if kind not in _SEPARATORS:
        return layout
    quoting = str(schema.get("quoting", "none" if kind == TSV else "minimal")).lower()
    return replace(
        layout,
        separator=_one_letter(separator) if separator is not None else _SEPARATORS[kind],
        header=schema.get("has_header", True) is not False,
        encoding=_encoding(schema.get("encoding")),
        # Tab-separated values know no quotes: taking them for such joins and loses rows.
        quoted=quoting not in _UNQUOTED,
    )


def _columns(schema: Mapping[str, Any], index: str) -> tuple[Column, ...]:
    told = schema.get("columns")
    if not isinstance(told, Mapping):
        return ()
    home = str(PurePosixPath(index).parent)
    found = []
    for name, about in told.items():
        if not isinstance(about, Mapping):
            continue
        source = about.get("source_column", name)
        is_path = about.get("dtype") == "file_path"
        parts = [part for part in (home, str(schema.get("base_audio_path") or "")) if part not in {"", "."}]
        before = "/".join(part.strip("/") for part in parts)
        found.append(
            Column(
                # Without a header columns are numbered, from 0.
                source=f"column_{source + 1}" if isinstance(source, int) else str(source),
                name=str(name),
                before=f"{before}/" if is_path and before else "",
                after=str(about.get("file_extension") or "") if is_path else "",
                is_optional=about.get("optional") is True,
            )
        )
    return tuple(found)


def _only(names: Sequence[str], wanted: str) -> str:
    """Return the member that a schema names, which may lie in a folder that the archive adds."""
    found = [name for name in names if name == wanted or name.endswith(f"/{wanted}")] if wanted else []
    if not found:
        raise CorruptError(f"The dataset's schema names {wanted!r:.80}, which is not in the archive.")
    return min(found, key=len)


def _ending(name: str) -> str | None:
    return _ENDINGS.get(PurePosixPath(name).suffix.lower())


def _one_letter(separator: object) -> str:
    text = {"\\t": "\t", "tab": "\t"}.get(str(separator), str(separator))
    if len(text) != 1:
        raise UsageError(f"The schema's separator {text!r:.20} is no single character.")
    return text


def _encoding(name: object) -> str:
    try:
        return codecs.lookup(str(name or "utf-8")).name
    except LookupError:
        raise UsageError(f"The schema's encoding {name!r:.40} is not known here.") from None


def _shown(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MOST_SHOWN} more" if len(names) > _MOST_SHOWN else ""
    return ", ".join(names[:_MOST_SHOWN]) + more
