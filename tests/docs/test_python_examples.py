"""The programs of the how-to run as they stand, each by itself, against a real site."""

import io
import re
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from tests.faults.conftest import environment
from tests.support.collection import Maker
from tests.support.site import Site, unique

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "use-from-python.md"
PROGRAMS = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL)
SLUG, SECRET, MEMBER = "greetings-in-fifty-languages", "greetings-in-secret", "greetings.csv"
#: What each prints, beside names that differ from run to run.
TOLD = (
    "True",
    "403 terms http",
    "greetings.csv 27\nb'text,count\\nhello,1\\ns'",
    "text,count",
    "salut",
    "'Greetings",
)


@pytest.fixture(scope="module")
def shelf(site: Site, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    make = Maker(tmp_path_factory.mktemp("collection"))
    organization = make.organization()
    email, key = make.person(organization)
    make.folder.mkdir(parents=True, exist_ok=True)
    path = make.folder / f"{unique('greetings')}.tar.gz"
    content = b"text,count\nhello,1\nsalut,2\n"
    with tarfile.open(path, "w:gz") as packed:
        info = tarfile.TarInfo(MEMBER)
        info.size = len(content)
        packed.addfile(info, io.BytesIO(content))
    slug = make.dataset(organization, slug=unique("greetings"), file=str(path), agreed_by=[email])
    secret = make.dataset(organization, slug=unique("greetings"))
    make.load()
    return {"slug": slug, "secret": secret, "key": key, "url": site.url}


@pytest.mark.parametrize("number", range(len(PROGRAMS)))
def test_the_programs_run(shelf: dict[str, str], tmp_path: Path, number: int) -> None:
    program = PROGRAMS[number].replace(SLUG, shelf["slug"]).replace(SECRET, shelf["secret"])
    variables = {
        "COMMONHOLD_API_URL": shelf["url"], "COMMONHOLD_API_KEY": shelf["key"],
        "COMMONHOLD_CACHE": str(tmp_path / "cache"),
    }  # fmt: skip
    if "fsspec" in program:
        # As an installed package would have it, through its entry point.
        program = (
            "import fsspec\nfsspec.register_implementation("
            "'commonhold', 'commonhold.client.filesystem.CommonholdFileSystem')\n" + program
        )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=environment(tmp_path) | variables, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert TOLD[number] in done.stdout, done.stdout


def test_there_are_programs() -> None:
    assert len(PROGRAMS) == len(TOLD)
