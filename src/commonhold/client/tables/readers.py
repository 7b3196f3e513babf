"""One reader for each library that tables go to; none of them is loaded before it is asked for."""

import csv
import importlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, BinaryIO

from commonhold.client.errors import CorruptError, UsageError
from commonhold.client.tables.layout import JSONL, PARQUET, Column, Layout

#: A table of one of the libraries.
Table = Any


def library(name: str, extra: str) -> Any:
    """Import a library.

    Raises:
        UsageError: it is not installed; the hint names the extra that brings it.
    """
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        raise UsageError(
            f"{name.partition('.')[0]} is not installed here.", hint=f"pip install 'commonhold[{extra}]'"
        ) from error


class PandasReader:
    """Tables of pandas."""

    def __init__(self) -> None:
        self._pandas = library("pandas", "pandas")

    def read(self, file: BinaryIO, layout: Layout, options: Mapping[str, Any]) -> Table:
        """Read one file."""
        pandas = self._pandas
        if layout.format == PARQUET:
            library("pyarrow", "pyarrow")
            return pandas.read_parquet(file, **options)
        if layout.format == JSONL:
            return pandas.read_json(file, lines=True, **options)
        table = pandas.read_csv(
            file,
            **{
                "sep": layout.separator, "header": 0 if layout.header else None, "encoding": layout.encoding,
                "quoting": csv.QUOTE_MINIMAL if layout.quoted else csv.QUOTE_NONE, "low_memory": False, **options,
            },
        )  # fmt: skip
        if not layout.header:
            table.columns = [f"column_{number + 1}" for number in range(len(table.columns))]
        return table

    def names(self, table: Table) -> list[str]:
        """Return the names of a table's columns."""
        return [str(name) for name in table.columns]

    def choose(self, table: Table, columns: Sequence[Column]) -> Table:
        """Return the columns under their new names."""
        return self._pandas.DataFrame(
            {
                column.name: column.before + table[column.source].astype(str) + column.after
                if column.before or column.after
                else table[column.source]
                for column in columns
            }
        )

    def marked(self, table: Table, split: str) -> Table:
        """Add a column that tells the split."""
        return table.assign(split=split)

    def joined(self, tables: Sequence[Table]) -> Table:
        """Return one table after the other as one."""
        return self._pandas.concat(list(tables), ignore_index=True)


class PolarsReader:
    """Tables of polars."""

    def __init__(self) -> None:
        self._polars = library("polars", "polars")

    def read(self, file: BinaryIO, layout: Layout, options: Mapping[str, Any]) -> Table:
        """Read one file."""
        polars = self._polars
        if layout.format == PARQUET:
            return polars.read_parquet(file.read(), **options)
        if layout.format == JSONL:
            return polars.read_ndjson(file.read(), **{"infer_schema_length": None, **options})
        content = file.read()
        if layout.encoding not in {"utf-8", "ascii"}:
            content = content.decode(layout.encoding).encode()
        return polars.read_csv(
            content,
            **{
                "separator": layout.separator, "has_header": layout.header,
                "quote_char": '"' if layout.quoted else None, "infer_schema_length": None, **options,
            },
        )  # fmt: skip

    def names(self, table: Table) -> list[str]:
        """Return the names of a table's columns."""
        return list(table.columns)

    def choose(self, table: Table, columns: Sequence[Column]) -> Table:
        """Return the columns under their new names."""
        polars = self._polars
        return table.select(
            [
                polars.concat_str(
                    [polars.lit(column.before), polars.col(column.source), polars.lit(column.after)]
                ).alias(column.name)
                if column.before or column.after
                else polars.col(column.source).alias(column.name)
                for column in columns
            ]
        )

    def marked(self, table: Table, split: str) -> Table:
        """Add a column that tells the split."""
        return table.with_columns(split=self._polars.lit(split))

    def joined(self, tables: Sequence[Table]) -> Table:
        """Return one table after the other as one."""
        return self._polars.concat(list(tables), how="diagonal_relaxed")


class ArrowReader:
    """Tables of pyarrow."""

    def __init__(self) -> None:
        self._arrow = library("pyarrow", "pyarrow")

    def read(self, file: BinaryIO, layout: Layout, options: Mapping[str, Any]) -> Table:
        """Read one file; ``options`` are those of its reader in pyarrow."""
        if layout.format == PARQUET:
            return library("pyarrow.parquet", "pyarrow").read_table(file, **options)
        if layout.format == JSONL:
            return library("pyarrow.json", "pyarrow").read_json(file, **options)
        reader = library("pyarrow.csv", "pyarrow")
        table = reader.read_csv(
            file,
            **{
                "read_options": reader.ReadOptions(
                    encoding=layout.encoding, autogenerate_column_names=not layout.header
                ),
                "parse_options": reader.ParseOptions(
                    delimiter=layout.separator,
                    quote_char='"' if layout.quoted else False,
                    newlines_in_values=layout.quoted,
                ),
                **options,
            },
        )
        if layout.header:
            return table
        return table.rename_columns([f"column_{number + 1}" for number in range(table.num_columns)])

    def names(self, table: Table) -> list[str]:
        """Return the names of a table's columns."""
        return list(table.column_names)

    def choose(self, table: Table, columns: Sequence[Column]) -> Table:
        """Return the columns under their new names."""
        compute = library("pyarrow.compute", "pyarrow")

        def one(column: Column) -> Table:
            values = table.column(column.source)
            if not (column.before or column.after):
                return values
            texts = compute.cast(values, self._arrow.string())
            return compute.binary_join_element_wise(column.before, texts, column.after, "")

        return self._arrow.table({column.name: one(column) for column in columns})

    def marked(self, table: Table, split: str) -> Table:
        """Add a column that tells the split."""
        return table.append_column("split", self._arrow.array([split] * table.num_rows, self._arrow.string()))

    def joined(self, tables: Sequence[Table]) -> Table:
        """Return one table after the other as one."""
        return self._arrow.concat_tables(list(tables), promote_options="permissive")


class DatasetsReader(ArrowReader):
    """Tables of datasets, which stand on those of pyarrow."""

    def __init__(self) -> None:
        self._datasets = library("datasets", "datasets")
        super().__init__()

    def joined(self, tables: Sequence[Table]) -> Table:
        """Return one table after the other as one."""
        return self._datasets.Dataset(super().joined(tables))


Reader = PandasReader | PolarsReader | ArrowReader
READERS: Mapping[str, Callable[[], Reader]] = {
    "pandas": PandasReader,
    "polars": PolarsReader,
    "pyarrow": ArrowReader,
    "datasets": DatasetsReader,
}


def read_table(reader: Reader, file: BinaryIO, layout: Layout, options: Mapping[str, Any]) -> Table:
    """Read one file, with the columns that the schema names.

    Raises:
        CorruptError: it is not written as the schema, or its name, says.
    """
    try:
        table = reader.read(file, layout, options)
    except (ValueError, UnicodeError, ArithmeticError, RuntimeError) as error:
        raise _unreadable(error) from error
    except Exception as error:
        # Polars raises a family of its own, whose root is Exception itself.
        if type(error).__module__.partition(".")[0] != "polars":
            raise
        raise _unreadable(error) from error
    if not layout.columns:
        return table
    there = set(reader.names(table))
    missing = [
        column.source for column in layout.columns if column.source not in there and not column.is_optional
    ]
    if missing:
        raise CorruptError(
            f"The dataset's schema names columns that the table has not: {', '.join(missing)}."
        )
    return reader.choose(table, [column for column in layout.columns if column.source in there])


def _unreadable(error: Exception) -> CorruptError:
    told = " ".join(str(error).split())
    return CorruptError(
        f"The table cannot be read: {told:.300}",
        hint="Options of the library's reader can be given; or open the archive with client.members.",
    )
