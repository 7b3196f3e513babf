"""Tables out of real datasets of a real site, in each library; what is not clear is told, not guessed."""

import io
import json
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from commonhold import client
from commonhold.client import errors
from tests.faults.conftest import environment
from tests.support.collection import Maker
from tests.support.site import Site, unique

LIBRARIES = ["pandas", "polars", "pyarrow"]
TSV = 'path\tsentence\tage\na.wav\t"Hello\t31\nb.wav\tworld"\t\n'
CSV = 'text,count\n"one, two",1\nsalut,2\n'
JSONL = '{"text": "hello", "count": 1}\n{"text": "salut", "count": 2}\n'


def rows(table: Any) -> list[dict[str, Any]]:
    """The rows of a table of any library, without what stands for nothing."""
    if hasattr(table, "to_pylist"):
        found = table.to_pylist()
    elif hasattr(table, "to_dicts"):
        found = table.to_dicts()
    else:
        found = json.loads(table.to_json(orient="records"))
    return [{key: value for key, value in row.items() if value is not None} for row in found]


def parquet() -> bytes:
    import pyarrow as pa
    import pyarrow.parquet

    file = io.BytesIO()
    pyarrow.parquet.write_table(pa.table({"text": ["hello", "salut"], "count": [1, 2]}), file)
    return file.getvalue()


class Shelf:
    """Makes datasets whose archives hold the given files, and loads them."""

    def __init__(self, site: Site, make: Maker, home: Path) -> None:
        self.make = make
        self.organization = make.organization()
        self.email, key = make.person(self.organization)
        make.folder.mkdir(parents=True, exist_ok=True)
        self.site = client.Client(client.Settings(f"{site.url}/api", key, "the test", home))
        self.home = home

    def dataset(
        self, files: dict[str, str | bytes], *, kind: str = "tar.gz", schema: str = "", **fields: Any
    ) -> str:
        path = self.make.folder / f"{unique('table')}.{kind}"
        contents = {name: text.encode() if isinstance(text, str) else text for name, text in files.items()}
        if kind == "zip":
            with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
                for name, content in contents.items():
                    packed.writestr(name, content)
        else:
            with tarfile.open(path, "w:gz") as packed:
                for name, content in contents.items():
                    info = tarfile.TarInfo(name)
                    info.size = len(content)
                    packed.addfile(info, io.BytesIO(content))
        if schema:
            file = self.make.folder / f"{unique('schema')}.yaml"
            file.write_text(schema)
            fields["schema"] = str(file)
        slug = self.make.dataset(self.organization, file=str(path), agreed_by=[self.email], **fields)
        self.make.load()
        return slug

    def load(self, slug: str, into: Any = "pandas", **wanted: Any) -> Any:
        return client.load(self.site, slug, into, folder=self.home / slug, **wanted)


@pytest.fixture
def shelf(site: Site, make: Maker, tmp_path: Path) -> Iterator[Shelf]:
    made = Shelf(site, make, tmp_path / "home")
    with made.site:
        yield made


@pytest.mark.parametrize("into", LIBRARIES)
def test_each_format_in_each_library(shelf: Shelf, into: str) -> None:
    wanted = [{"text": "hello", "count": 1}, {"text": "salut", "count": 2}]
    parts = {"a.csv": CSV, "b.jsonl": JSONL, "c.parquet": parquet(), "d.tsv": TSV}
    slug = shelf.dataset(parts, kind="zip")
    assert rows(shelf.load(slug, into, member="a.csv")) == [{"text": "one, two", "count": 1}, wanted[1]]
    assert rows(shelf.load(slug, into, member="b.jsonl")) == wanted
    assert rows(shelf.load(slug, into, member="c.parquet")) == wanted
    # Quotes of a TSV are text: no row is swallowed by them.
    assert [row["sentence"] for row in rows(shelf.load(slug, into, member="d.tsv"))] == ['"Hello', 'world"']
    with pytest.raises(errors.UsageError, match="several tables") as refused:
        shelf.load(slug, into)
    assert "member=" in refused.value.hint
    assert [path.name for path in (shelf.home / slug).iterdir() if not path.name.startswith(".")]


@pytest.mark.parametrize("into", LIBRARIES)
def test_the_schema_says_what_is_read(shelf: Shelf, into: str) -> None:
    slug = shelf.dataset(
        {"corpus/index.txt": TSV, "corpus/clips/a.wav": b"a", "notes.csv": CSV},
        schema="dataset_id: x\ntask: ASR\nroot_strategy: index\nindex_file: index.txt\nformat: tsv\n"
        "base_audio_path: clips\ncolumns:\n"
        "  audio_path: {source_column: path, dtype: file_path}\n"
        "  transcription: {source_column: sentence, dtype: string}\n"
        "  gender: {source_column: gender, dtype: category, optional: true}\n",
    )
    assert rows(shelf.load(slug, into)) == [
        {"audio_path": "corpus/clips/a.wav", "transcription": '"Hello'},
        {"audio_path": "corpus/clips/b.wav", "transcription": 'world"'},
    ]


@pytest.mark.parametrize("into", LIBRARIES)
def test_splits_come_as_one_table_or_one_by_one(shelf: Shelf, into: str) -> None:
    slug = shelf.dataset(
        {"en/train.csv": "text,n\na,1\n", "en/test.csv": "text,n\nb,2.5\n"},
        schema="dataset_id: x\nroot_strategy: multi_split\nsplits: [train, test]\nformat: csv\n",
    )
    together = rows(shelf.load(slug, into))
    assert [(row["text"], row["split"]) for row in together] == [("a", "train"), ("b", "test")]
    assert rows(shelf.load(slug, into, split="test")) == [{"text": "b", "n": 2.5}]
    with pytest.raises(errors.UsageError, match="no split"):
        shelf.load(slug, into, split="dev")


def test_tables_of_datasets(shelf: Shelf) -> None:
    """In a process of its own: the library warns of much that is none of ours."""
    slug = shelf.dataset({"a.parquet": parquet()})
    code = (
        "import sys; from pathlib import Path; from commonhold import client\n"
        "settings = client.load_settings()\n"
        "with client.Client(settings) as site:\n"
        f"    table = client.load(site, {slug!r}, 'datasets')\n"
        "print(type(table).__name__, table[1])"
    )
    settings = shelf.site.settings
    variables = {
        "COMMONHOLD_API_URL": settings.api_url, "COMMONHOLD_API_KEY": settings.key or "",
        "COMMONHOLD_CACHE": str(shelf.home), "HF_HUB_OFFLINE": "1",
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment(shelf.home) | variables, capture_output=True, text=True, timeout=250,
        check=False,
    )  # fmt: skip
    assert done.stdout == "Dataset {'text': 'salut', 'count': 2}\n", done.stderr


def test_a_second_load_spends_nothing(shelf: Shelf) -> None:
    slug = shelf.dataset({"a.csv": CSV})
    first = shelf.load(slug)
    used = shelf.site.account().downloads.used
    assert first.equals(shelf.load(slug))
    assert shelf.site.account().downloads.used == used


def test_shards_are_joined_and_options_reach_the_reader(shelf: Shelf) -> None:
    slug = shelf.dataset({"data/1.csv": "n\n1\n", "data/2.csv": "n\n2\n", "other.csv": "m\n3\n"})
    table = shelf.load(slug, member="data/*.csv", dtype={"n": "float32"})
    assert (list(table["n"]), str(table["n"].dtype)) == ([1.0, 2.0], "float32")


@pytest.mark.parametrize(
    ("files", "schema", "told"),
    [
        ({"readme.md": "#"}, "", "no table"),
        ({"a.csv": CSV}, "dataset_id: x\nroot_strategy: index\nindex_file: b.csv\n", "not in the archive"),
        ({"a.csv": CSV}, "dataset_id: x\nroot_strategy: glob\nfile_pattern: '*.wav'\n", "'glob'"),
        ({"a.csv": CSV}, "dataset_id: x\nroot_strategy: index\nindex_file: a.csv\ncolumns: {x: {source_column: y}}\n", "y"),
        ({"a.parquet": b"no parquet"}, "", "cannot be read"),
        ({"a.csv": CSV}, "dataset_id: x\nroot_strategy: index\nindex_file: a.csv\nencoding: nonsense\n", "encoding"),
        ({"a.csv": CSV}, "dataset_id: x\nroot_strategy: index\nindex_file: a.csv\nseparator: ab\n", "separator"),
    ],
)  # fmt: skip
def test_what_is_not_clear_is_told(shelf: Shelf, files: dict[str, str], schema: str, told: str) -> None:
    slug = shelf.dataset(files, schema=schema)
    for into in LIBRARIES:
        with pytest.raises((errors.UsageError, errors.CorruptError), match=told):
            shelf.load(slug, into)


def test_a_missing_library_is_named_before_anything_is_fetched(shelf: Shelf, tmp_path: Path) -> None:
    code = (
        "import sys; from commonhold import client\n"
        "for name in ('pandas', 'polars', 'pyarrow', 'datasets'): sys.modules[name] = None\n"
        "site = client.Client(client.load_settings(url='http://127.0.0.1:9'))\n"
        "for name in ('pandas', 'polars', 'pyarrow', 'datasets'):\n"
        "    try: client.load(site, 'x', name)\n"
        "    except client.CommonholdError as error: print(error.hint)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment(tmp_path), capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines() == [
        f"pip install 'commonhold[{name}]'" for name in ("pandas", "polars", "pyarrow", "datasets")
    ]
    with pytest.raises(errors.UsageError, match="no library"):
        client.load(shelf.site, "x", "excel")  # type: ignore[call-overload]
