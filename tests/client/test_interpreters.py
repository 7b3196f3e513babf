"""The client on every Python there is on this machine, with nothing installed beside it."""

import json
import os
import pwd
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults.conftest import environment
from tests.support.collection import Maker
from tests.support.site import Site

VERSIONS = ("3.11", "3.12", "3.13", "3.14")
PROGRAM = """
import asyncio, json, sys
from pathlib import Path
from commonhold import client

slug, folder = sys.argv[1], Path(sys.argv[2])
settings = client.load_settings()
with client.Client(settings) as site:
    outcome = client.download(site, client.Request(slug, folder))
    with client.members(site, slug) as archive:
        text = archive.read("data.txt").decode()

async def ask():
    async with client.AsyncClient(settings) as other:
        return (await other.dataset(slug)).slug

assert asyncio.run(ask()) == slug
foreign = {name.partition(".")[0] for name in sys.modules} - set(sys.stdlib_module_names) - {"commonhold", "__main__"}
print(json.dumps([outcome.is_verified, text, sorted(foreign), list(sys.version_info[:2])]))
"""


def interpreters() -> dict[str, str]:
    """The interpreters on the path, and those of pyenv, by version."""
    home = Path(os.environ.get("PYENV_ROOT") or Path(pwd.getpwuid(os.getuid()).pw_dir) / ".pyenv")
    found = {".".join(map(str, sys.version_info[:2])): sys.executable}
    for version in VERSIONS:
        installed = sorted(home.glob(f"versions/{version}.*/bin/python{version}"))
        candidates = [str(path) for path in installed] + [shutil.which(f"python{version}") or ""]
        for candidate in candidates:
            # What pyenv puts on the path may stand for a version that is not chosen.
            if (
                candidate
                and subprocess.run([candidate, "-c", ""], capture_output=True, check=False).returncode == 0
            ):
                found.setdefault(version, candidate)
    return found


FOUND = interpreters()


@pytest.mark.parametrize("version", [version for version in VERSIONS if version in FOUND])
def test_a_whole_download(site: Site, make: Maker, tmp_path: Path, version: str) -> None:
    organization = make.organization()
    email, key = make.person(organization)
    slug = make.dataset(organization, agreed_by=[email])
    make.load()
    variables = {
        "COMMONHOLD_API_URL": site.url,
        "COMMONHOLD_API_KEY": key,
        "COMMONHOLD_CACHE": str(tmp_path / "cache"),
    }
    done = subprocess.run(
        # Isolated from what is installed: `-S` leaves site-packages out.
        [FOUND[version], "-S", "-W", "error", "-c", PROGRAM, slug, str(tmp_path)],
        env=environment(tmp_path) | variables, capture_output=True, text=True, timeout=250, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    is_verified, text, foreign, told = json.loads(done.stdout)
    assert (is_verified, text, foreign) == (True, slug, [])
    assert told == [int(part) for part in version.split(".")]


def test_every_supported_version_was_tried() -> None:
    missing = [version for version in VERSIONS if version not in FOUND]
    if missing:
        pytest.skip(f"no interpreter on this machine: Python {', '.join(missing)}")
