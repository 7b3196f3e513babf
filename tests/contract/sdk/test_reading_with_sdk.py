"""The official client reads, unmodified: lists, details, downloads, resumes, private datasets, loading into a table."""

import random
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.contract.sdk.environments import Sdk
from tests.support.collection import Maker, archive
from tests.support.gate import Gate
from tests.support.publishing import agree, until
from tests.support.site import Site, start_site, unique


@pytest.fixture(scope="module")
def open_site(database: None) -> Iterator[Site]:
    """A site whose catalogue is open, as clients since 0.6.1 need it."""
    with start_site("--open-catalogue") as running:
        yield running


class Reader:
    """A dataset that somebody may download, and their key."""

    def __init__(self, make: Maker, **fields: Any) -> None:
        self.organization = make.organization(daily_download_limit=1000)
        self.email, self.key = make.person(self.organization)
        self.content = fields.pop("content", b"text\thello\n")
        self.slug = make.dataset(
            self.organization,
            content=self.content,
            agreed_by=[self.email],
            name=unique("Greetings"),
            **fields,
        )
        make.load()


def run(sdk: Sdk, site: Site, reader: Reader, folder: Path, body: str, **more: str) -> dict[str, Any]:
    url = more.pop("api_url", site.api)
    return sdk.run(body.format(slug=reader.slug), api_url=url, key=reader.key, folder=folder, **more)


def value(answer: dict[str, Any]) -> Any:
    assert "value" in answer, answer.get("trace")
    return answer["value"]


DOWNLOAD = "from datacollective import save_dataset_to_disk\nreturn str(save_dataset_to_disk({slug!r}))"
OLD_AND_NEW = """
import datacollective
return str(getattr(datacollective, "download_dataset")({slug!r}))
"""


def test_details_and_download(sdk: Sdk, open_site: Site, make: Maker, tmp_path: Path) -> None:
    reader = Reader(make)
    details = value(
        run(
            sdk,
            open_site,
            reader,
            tmp_path,
            "from datacollective import get_dataset_details\nreturn get_dataset_details({slug!r})",
        )
    )
    assert details["slug"] == reader.slug
    path = Path(value(run(sdk, open_site, reader, tmp_path, OLD_AND_NEW)))
    assert path.read_bytes() == (make.folder / f"{reader.slug}.tar.gz").read_bytes()


def test_lists_and_filters(newest: Sdk, open_site: Site, make: Maker, tmp_path: Path) -> None:
    reader = Reader(make, license="MIT")
    body = """
from datacollective import list_dataset_filters, list_datasets
found = list_datasets(query={slug!r}, task=["NLP"], license_abbr=["MIT"], sort="relevance", has_sample=False)
return [found, list_dataset_filters()]
"""
    found, filters = value(run(newest, open_site, reader, tmp_path, body))
    assert [entry["slug"] for entry in found["items"]] == [reader.slug]
    assert "NLP" in filters["tasks"]
    assert "MIT" in filters["licenses"]


def test_a_download_that_was_cut_goes_on(sdk: Sdk, open_site: Site, make: Maker, tmp_path: Path) -> None:
    reader = Reader(make, content=random.Random(1).randbytes(8 << 20))
    size = (make.folder / f"{reader.slug}.tar.gz").stat().st_size
    # What is half way through the client's buffers is not yet in its file.
    passes, arrived = 4 << 20, 1 << 20
    assert passes < size

    def is_under_way() -> bool:
        return any(part.stat().st_size >= arrived for part in (tmp_path / "downloads").glob("*.part"))

    def goes_through(method: str, path: str) -> int | None:
        return None if path.startswith("/api/") else passes

    with Gate.before(open_site, goes_through) as gate:
        process = sdk.start(
            OLD_AND_NEW.format(slug=reader.slug),
            api_url=open_site.api, key=reader.key, folder=tmp_path, HTTP_PROXY=gate.proxy,
        )  # fmt: skip
        try:
            until(is_under_way)
        finally:
            process.send_signal(signal.SIGKILL)
            process.communicate()
    path = Path(value(run(sdk, open_site, reader, tmp_path, OLD_AND_NEW)))
    assert path.read_bytes() == (make.folder / f"{reader.slug}.tar.gz").read_bytes()


@pytest.mark.parametrize("way", ["netrc", "address"])
def test_a_private_dataset(sdk: Sdk, site: Site, make: Maker, tmp_path: Path, way: str) -> None:
    reader = Reader(make, visibility="private")
    hidden = run(sdk, site, reader, tmp_path / "without", OLD_AND_NEW)
    if sdk.version != "0.5.0":  # which sends the key with its first call
        assert hidden["error"] in {"AuthenticationError", "PermissionError", "FileNotFoundError"}, hidden
    home = tmp_path / "home"
    home.mkdir()
    parts = urlsplit(site.api)
    url = site.api
    if way == "netrc":
        netrc = home / ".netrc"
        netrc.write_text(f"machine {parts.hostname} login token password {reader.key}\n")
        netrc.chmod(0o600)
    else:
        url = f"{parts.scheme}://token:{reader.key}@{parts.netloc}{parts.path}"
    path = Path(value(run(sdk, site, reader, home, OLD_AND_NEW, api_url=url)))
    assert path.read_bytes() == (make.folder / f"{reader.slug}.tar.gz").read_bytes()


def test_samples(newest: Sdk, open_site: Site, make: Maker, tmp_path: Path) -> None:
    sample = archive(make.folder, f"{unique('few')}.tar.gz", b"few")
    reader = Reader(make, sample=str(sample))
    body = "from datacollective import download_sample\nreturn str(download_sample({slug!r}))"
    assert Path(value(run(newest, open_site, reader, tmp_path, body))).read_bytes() == sample.read_bytes()


def test_refusals_become_its_exceptions(sdk: Sdk, open_site: Site, make: Maker, tmp_path: Path) -> None:
    from commonhold.server.catalogue.models import Dataset

    reader = Reader(make)
    organization = make.organization()
    _, outsider = make.person(None)
    gone = make.dataset(organization, status="removed")
    paid = make.dataset(organization, price={"base_price_cents": 20_000}, agreed_by=[reader.email])
    strict = make.organization(daily_download_limit=1)
    spender, spent = make.person(strict)
    make.load()
    agree(Dataset.objects.get(slug=reader.slug).public_id, spender)

    def error(slug: str, key: str) -> dict[str, Any]:
        body = OLD_AND_NEW.format(slug=slug)
        return sdk.run(body, api_url=open_site.api, key=key, folder=tmp_path)

    terms = error(reader.slug, outsider)
    assert terms["error"] == "PermissionError"
    assert "agree" in terms["text"].lower()
    unpaid = error(paid, reader.key)
    assert unpaid["error"] == "HTTPError"
    assert "402" in unpaid["text"]
    assert "value" in error(reader.slug, spent)
    used_up = sdk.run(
        OLD_AND_NEW.format(slug=reader.slug), api_url=open_site.api, key=spent, folder=tmp_path / "elsewhere"
    )
    assert used_up["error"] == "RateLimitError"
    assert error("unheard-of", reader.key)["error"] == (
        "RuntimeError" if sdk.version == "0.5.0" else "FileNotFoundError"
    )
    assert "FileNotFoundError" in error(gone, reader.key)["bases"] or sdk.version == "0.5.0"


def test_loading_into_a_table(newest: Sdk, open_site: Site, make: Maker, tmp_path: Path) -> None:
    schema = make.folder / "schema.yaml"
    make.folder.mkdir(parents=True, exist_ok=True)
    schema.write_text(
        "dataset_id: another\ntask: OTH\nroot_strategy: index\nindex_file: data.txt\nformat: tsv\n"
        "columns:\n  text: {source_column: text, dtype: string}\n"
    )
    reader = Reader(make, schema=str(schema), content=b"text\nhello\nsalut\n")
    body = f"""
import datacollective.schema
datacollective.schema.SCHEMA_REGISTRY_RAW_BASE_URL = {open_site.url + "/registry"!r}
from datacollective import get_dataset_details, load_dataset
return load_dataset(get_dataset_details({{slug!r}}).id).to_dict("list")
"""
    assert value(run(newest, open_site, reader, tmp_path, body)) == {"text": ["hello", "salut"]}
