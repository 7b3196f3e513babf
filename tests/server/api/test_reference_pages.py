"""The reference pages: both dialects, true to the reader's address, their limits and a real dataset; examples that run."""

import html
import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.server.web.conftest import house, visitor  # noqa: F401  fixtures
from tests.support.collection import Maker, archive
from tests.support.site import Site, unique

PAGES = ("/api-reference", "/api-reference/v4")
# What can be run as it stands, and is answered so.
COLLECTIVE = {
    "getDataset": 200, "listDatasets": 200, "listDatasetFilters": 200, "createDownloadSession": 200,
    "createSampleSession": 200, "getPieces": 200, "listMembers": 200, "listVersions": 200, "getAccount": 200,
    "getHealth": 200, "createSubmission": 201, "listSubmissions": 200, "downloadFile": 410, "getSubmission": 404,
}  # fmt: skip
V4 = {
    "getSite": 200, "listDatasets": 200, "searchDatasets": 200, "completeDatasets": 200, "getDataset": 200,
    "listVersions": 200, "getOrganization": 200, "listMembers": 200, "getProfile": 200, "listTasks": 200,
    "signIn": 401,
}  # fmt: skip


@dataclass
class Reader:
    """Somebody with a key who reads the page of a running site."""

    site: Site
    key: str
    dataset: str

    def programs(self, path: str, language: str) -> dict[str, str]:
        """Return the page's programs in one language, by operation."""
        page = self.site.get(path).text
        found = re.findall(
            rf'<div data-tab="{language}" id="(\w+)-\d"><h4>{language}</h4><pre tabindex="0">(.*?)</pre>',
            page,
            re.DOTALL,
        )
        assert len(found) >= 25
        return {name: html.unescape(text) for name, text in found}


@pytest.fixture
def reader(site: Site, make: Maker) -> Reader:
    from commonhold.server.catalogue.models import Dataset

    organization = make.organization()
    email, key = make.person(organization, "owner")
    sample = archive(make.folder, "few.tar.gz", b"few")
    slug = make.dataset(organization, name=f"Echoes {unique('x')}", agreed_by=[email], sample=str(sample))
    make.load()
    return Reader(site, key, Dataset.objects.get(slug=slug).public_id)


def run(reader: Reader, command: list[str], folder: Path) -> str:
    environment = {**os.environ, "COMMONHOLD_API_KEY": reader.key}
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize(("path", "expected"), [(PAGES[0], COLLECTIVE), (PAGES[1], V4)])
def test_the_curl_examples_run(reader: Reader, tmp_path: Path, path: str, expected: dict[str, int]):
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed")
    programs = reader.programs(path, "curl")
    assert reader.dataset in programs["getDataset"]
    for name, status in expected.items():
        script = programs[name] + ' -sS -w "\\n%{http_code}"'
        body, _, code = run(reader, ["sh", "-c", script], tmp_path).rpartition("\n")
        assert int(code) == status, (name, body)
        assert json.loads(body) is not None


@pytest.mark.parametrize(("path", "expected"), [(PAGES[0], COLLECTIVE), (PAGES[1], V4)])
def test_the_python_examples_run(reader: Reader, tmp_path: Path, path: str, expected: dict[str, int]):
    programs = reader.programs(path, "Python")
    lines = [f"exec({programs[name]!r}, {{}})" for name in expected]
    (tmp_path / "all.py").write_text("\n".join(lines))
    printed = run(reader, [sys.executable, "all.py"], tmp_path).splitlines()
    assert [line.split()[0] for line in printed] == [str(status) for status in expected.values()]


@pytest.mark.parametrize(("path", "expected"), [(PAGES[0], COLLECTIVE), (PAGES[1], V4)])
def test_the_javascript_examples_run(reader: Reader, tmp_path: Path, path: str, expected: dict[str, int]):
    if shutil.which("node") is None:
        pytest.skip("Node is not installed")
    programs = reader.programs(path, "JavaScript")
    for name in expected:
        (tmp_path / f"{name}.mjs").write_text(programs[name])
    (tmp_path / "all.mjs").write_text("".join(f"await import('./{name}.mjs');\n" for name in expected))
    printed = run(reader, ["node", "all.mjs"], tmp_path).splitlines()
    assert [line.split()[0] for line in printed] == [str(status) for status in expected.values()]


@pytest.mark.parametrize("path", PAGES)
def test_each_page_describes_every_operation_and_every_error(visitor, database, path):  # noqa: F811
    from commonhold.server.api.collective.advice import ADVICE
    from commonhold.server.api.collective.description import OPERATIONS
    from commonhold.server.api.v4.operations import OPERATIONS as V4_OPERATIONS

    page = visitor().get(path).text
    for operation in V4_OPERATIONS if path.endswith("v4") else OPERATIONS:
        assert f'id="{operation.name}"' in page
        for status in operation.responses:
            assert status < 300 or f'id="error-{status}"' in page
    targets = set(re.findall(r'href="#([\w-]+)"', page))
    assert targets <= set(re.findall(r'id="([\w-]+)"', page))
    if not path.endswith("v4"):
        for _, text, _ in ADVICE:
            assert html.escape(text) in page
    assert len(page.encode()) < 110_000
    assert not re.search(
        r'\sstyle="|<script>|https?://(?!localhost|www\.|github)[\w.]+/[^"]*\.(?:js|css)', page
    )


def test_the_limits_are_the_readers_own(visitor, house):  # noqa: F811
    from commonhold.server.accounts.models import Person
    from commonhold.server.organizations.models import Organization

    home = house()
    person = Person.objects.get(email=home.reader)
    Organization.objects.filter(personal_of=person).update(limits={"downloads": 7, "requests": "61/minute"})
    own = visitor(home.reader).get("/api-reference").text
    assert "<strong>61/minute</strong>" in own
    assert "<strong>7</strong>" in own
    stranger = visitor().get("/api-reference").text
    assert "For your address" in stranger
    assert "61/minute" not in stranger


def test_the_example_is_never_a_dataset_that_not_everybody_sees(visitor, house):  # noqa: F811
    for visibility in ("private", "restricted"):
        home = house(visibility=visibility)
        for who in (None, home.publisher):
            for path in PAGES:
                assert home.dataset not in visitor(who).get(path).text
