"""From a dataset's name to a table in memory."""

import tarfile
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from shutil import copyfileobj
from tempfile import SpooledTemporaryFile
from typing import TYPE_CHECKING, Any, BinaryIO, Literal, cast, overload
from urllib.parse import quote

from commonhold.client import errors
from commonhold.client.answers import refusal
from commonhold.client.api import Client
from commonhold.client.cache import Cache
from commonhold.client.http.connection import Connection
from commonhold.client.tables.layout import layout_of
from commonhold.client.tables.readers import READERS, read_table
from commonhold.client.transfer.request import Watcher

if TYPE_CHECKING:
    import datasets
    import pandas as pd
    import polars as pl
    import pyarrow as pa

_LARGEST_SCHEMA = 1 << 20
_IN_MEMORY = 64 << 20

Library = Literal["pandas", "polars", "pyarrow", "datasets"]


@overload
def load(site: Client, name: str, into: Literal["pandas"] = "pandas", **wanted: Any) -> "pd.DataFrame": ...
@overload
def load(site: Client, name: str, into: Literal["polars"], **wanted: Any) -> "pl.DataFrame": ...
@overload
def load(site: Client, name: str, into: Literal["pyarrow"], **wanted: Any) -> "pa.Table": ...
@overload
def load(site: Client, name: str, into: Literal["datasets"], **wanted: Any) -> "datasets.Dataset": ...


def load(
    site: Client,
    name: str,
    into: Library = "pandas",
    *,
    version: int | None = None,
    member: str | None = None,
    split: str | None = None,
    folder: Path | None = None,
    watcher: Watcher | None = None,
    **options: Any,
) -> Any:
    """Return a dataset's table, read from its archive, which is downloaded and proven first.

    What is read is what the dataset's schema says (``root_strategy`` of ``index`` or ``multi_split``; splits come
    as one table with a column ``split``); without a schema, the only table there is in the archive: CSV, TSV, JSON
    Lines or Parquet. The archive stays in the cache folder, so that the next call downloads nothing.

    Args:
        site: the site.
        name: id or slug.
        into: the library; its extra has to be installed (``pip install 'commonhold[pandas]'``).
        version: a version, None for the current one.
        member: a file in the archive, or a pattern for several of a kind, instead of what the schema says.
        split: only this one of the schema's splits.
        folder: a cache folder, instead of the usual one.
        watcher: told of the download's progress.
        options: for the library's own reader (``dtype=…`` of pandas, say).

    Raises:
        UsageError: the library is not installed, or it is not clear which table is meant.
        CorruptError: the table is not what the schema says.
        CommonholdError: it may not be had; see :mod:`commonhold.client.errors`.
    """
    make = READERS.get(into)
    if make is None:
        raise errors.UsageError(
            f"{into!r:.40} is no library known here.", hint=f"Known: {', '.join(READERS)}."
        )
    reader = make()  # before anything is fetched: without its library all of that would be in vain
    about = site.dataset(name, version=version)
    outcome = Cache(folder).get(site, about.id, version=version or about.version, watcher=watcher)
    schema = None if member is not None else schema_of(site, about.id)
    with _opened(outcome.path) as archive:
        layout = layout_of(archive.names, schema=schema, usual=about.format, member=member, split=split)
        tables = []
        for path, part in layout.members:
            with archive.file(path) as file:
                table = read_table(reader, file, layout, options)
            tables.append(reader.marked(table, part) if part and split is None else table)
    return reader.joined(tables)


def schema_of(site: Client, identifier: str) -> Mapping[str, Any] | None:
    """Return the loading schema that a site keeps for a dataset, None where it keeps none.

    Raises:
        UsageError: no reader of YAML is installed.
        CorruptError: it is no schema.
    """
    root = site.settings.api_url.removesuffix("/api")
    url = f"{root}/registry/main/registry/{quote(identifier, safe='')}/schema.yaml"
    headers = {"Authorization": f"Bearer {site.settings.key}"} if site.settings.key else {}
    connection = Connection(site.network)
    try:
        response = connection.request("GET", url, headers)
        if response.status == 404:
            return None
        if response.status != 200:
            raise refusal(response)
        content = response.read(_LARGEST_SCHEMA)
    finally:
        connection.close()
    return _parsed(content)


def _parsed(content: bytes) -> Mapping[str, Any]:
    try:
        from ruamel.yaml import YAML  # noqa: PLC0415 -- comes with the extras
        from ruamel.yaml.error import YAMLError  # noqa: PLC0415
    except ModuleNotFoundError:
        raise errors.UsageError(
            "The dataset has a schema, for which a reader of YAML is missing here.",
            hint="pip install ruamel.yaml, or name a file of the archive with member=.",
        ) from None
    try:
        found = YAML(typ="safe", pure=True).load(content)
    except (YAMLError, ValueError, RecursionError) as error:
        raise errors.CorruptError("The dataset's schema is no YAML.") from error
    if not isinstance(found, Mapping):
        raise errors.CorruptError("The dataset's schema is no mapping.")
    return found


class _Zip:
    def __init__(self, path: Path) -> None:
        self._file = zipfile.ZipFile(path)
        self.names = [info.filename for info in self._file.infolist() if not info.is_dir()]

    def close(self) -> None:
        self._file.close()

    @contextmanager
    def file(self, name: str) -> Iterator[BinaryIO]:
        with self._file.open(name) as packed, _spooled(cast("BinaryIO", packed)) as file:
            yield file


class _Tar:
    def __init__(self, path: Path) -> None:
        self._file = tarfile.open(path, "r:gz")  # noqa: SIM115 -- closed by close()
        self._members = {info.name: info for info in self._file if info.isfile()}
        self.names = list(self._members)

    def close(self) -> None:
        self._file.close()

    @contextmanager
    def file(self, name: str) -> Iterator[BinaryIO]:
        packed = self._file.extractfile(self._members[name])
        if packed is None:
            raise errors.CorruptError(f"{name!r:.80} has no content.")
        with packed, _spooled(cast("BinaryIO", packed)) as file:
            yield file


@contextmanager
def _opened(path: Path) -> Iterator[_Zip | _Tar]:
    """Open an archive that was proven, so that what is wrong with it was published like that."""
    try:
        archive = _Zip(path) if path.suffix.lower() == ".zip" else _Tar(path)
    except (OSError, zipfile.BadZipFile, tarfile.TarError, EOFError) as error:
        raise errors.CorruptError(f"{path.name} cannot be opened: {error}.") from error
    try:
        yield archive
    finally:
        archive.close()


@contextmanager
def _spooled(packed: BinaryIO) -> Iterator[BinaryIO]:
    """Unpack a member, on the disk where it is large: some readers jump about."""
    with SpooledTemporaryFile(_IN_MEMORY) as file:
        copyfileobj(packed, file, 1 << 20)
        file.seek(0)
        yield cast("BinaryIO", file)
