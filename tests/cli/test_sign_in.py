"""Signing in, agreeing and signing out, with the command on one side and a person on the web on the other."""

import json
import os
import pty
import re
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.contract.collective.test_seed import send_form
from tests.faults.conftest import environment
from tests.support.collection import PASSWORD, Maker
from tests.support.site import Site


@contextmanager
def started(home: Path, *arguments: str, **variables: str) -> Iterator[subprocess.Popen[str]]:
    """Run the command meanwhile."""
    process = subprocess.Popen(
        [sys.executable, "-W", "error", "-m", "commonhold", *arguments],
        env=environment(home) | variables,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def run(home: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "error", "-m", "commonhold", *arguments],
        env=environment(home) | variables,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@contextmanager
def person(site: Site, email: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=site.url, follow_redirects=True, timeout=60) as browser:
        assert send_form(browser, "/sign-in", login=email, password=PASSWORD).status_code == 200
        yield browser


@pytest.fixture(scope="module")
def ada(site: Site, tmp_path_factory: pytest.TempPathFactory) -> str:
    make = Maker(tmp_path_factory.mktemp("collection"))
    email, _ = make.person(None)
    make.load()
    return email


def answer(process: subprocess.Popen[str], site: Site, email: str, **fields: str) -> None:
    """Read the code that the command shows, and answer it on the page."""
    code = re.search(r"Your code: (\S+)", process.stderr.readline())
    page = re.search(r"Enter it at (\S+)", process.stderr.readline())
    with person(site, email) as browser:
        shown = browser.get(page[1]).text
        assert code[1] in shown
        assert re.search(r"commonhold \d", shown)
        done = send_form(browser, page[1].removeprefix(site.url), **fields)
        assert done.status_code == 200
        assert "chk_" not in done.text


def test_signing_in_with_a_code_and_out_again(site: Site, ada: str, tmp_path: Path) -> None:
    with started(tmp_path, "login", site.url, "--json", "--scope", "read") as process:
        answer(process, site, ada, answer="confirm", lifetime="30")
        out, rest = process.communicate(timeout=60)
    assert process.returncode == 0, rest
    told = json.loads(out)
    file = tmp_path / "config" / "commonhold" / "credentials.json"
    assert told["storedIn"] == str(file)
    assert file.stat().st_mode & 0o777 == 0o600
    key = json.loads(file.read_text())["sites"][site.api]["key"]
    assert key not in out + rest
    account = json.loads(run(tmp_path, "whoami", "--json").stdout)
    assert account["person"]["email"] == ada
    assert account["key"]["scopes"] == ["read"]
    assert account["key"]["name"] == os.uname().nodename[:80]
    ended = run(tmp_path, "logout", "--revoke", "--json")
    assert json.loads(ended.stdout) == {"apiUrl": site.api, "forgotten": True, "revoked": True}
    assert site.get("/api/account", key=key).status_code == 401
    assert key not in file.read_text()


def test_who_is_denied_ends_with_3_and_stores_nothing(site: Site, ada: str, tmp_path: Path) -> None:
    with started(tmp_path, "login", site.url) as process:
        answer(process, site, ada, answer="deny")
        _, rest = process.communicate(timeout=60)
    assert process.returncode == 3
    assert "denied on the web page" in rest
    assert not (tmp_path / "config").exists()


def test_ctrl_c_while_waiting_stores_nothing(site: Site, tmp_path: Path) -> None:
    import signal

    with started(tmp_path, "login", site.url) as process:
        assert "Your code" in process.stderr.readline()
        process.stderr.readline()
        process.stderr.readline()
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
    assert process.returncode == 130
    assert not (tmp_path / "config").exists()


KEYRING = '''
import json, os
from pathlib import Path
from keyring.backend import KeyringBackend

class FileKeyring(KeyringBackend):
    """A keyring of the test's own, which outlives the process."""

    priority = 5
    path = Path(os.environ["TEST_KEYRING"])

    def _all(self):
        return json.loads(self.path.read_text()) if self.path.exists() else {}

    def get_password(self, service, username):
        return self._all().get(f"{service} {username}")

    def set_password(self, service, username, password):
        self.path.write_text(json.dumps({**self._all(), f"{service} {username}": password}))

    def delete_password(self, service, username):
        kept = self._all()
        del kept[f"{service} {username}"]
        self.path.write_text(json.dumps(kept))

class LosingKeyring(FileKeyring):
    """One that takes everything and gives nothing back."""

    def get_password(self, service, username):
        return None

class BrokenKeyring(FileKeyring):
    def set_password(self, service, username, password):
        raise RuntimeError("locked")
'''


@pytest.mark.parametrize("kind", ["FileKeyring", "LosingKeyring", "BrokenKeyring"])
def test_the_key_is_in_the_keyring_where_there_is_one_that_works(
    site: Site, make: Maker, tmp_path: Path, kind: str
) -> None:
    email, key = make.person(None)
    make.load()
    (tmp_path / "test_keyring_backend.py").write_text(textwrap.dedent(KEYRING))
    path = f"{environment(tmp_path)['PYTHONPATH']}{os.pathsep}{tmp_path}"
    variables = {
        "PYTHONPATH": path, "PYTHON_KEYRING_BACKEND": f"test_keyring_backend.{kind}",
        "TEST_KEYRING": str(tmp_path / "ring.json"),
    }  # fmt: skip

    def command(*arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "commonhold", *arguments], env=environment(tmp_path) | variables,
            input=stdin, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip

    done = command("login", site.url, "--key-stdin", stdin=key)
    assert done.returncode == 0, done.stderr
    file = (tmp_path / "config" / "commonhold" / "credentials.json").read_text()
    works = kind == "FileKeyring"
    assert ("the system keyring" in done.stderr) is works
    assert (key in file) is not works
    assert email in command("whoami").stdout
    assert command("logout").returncode == 0
    if works:
        assert json.loads((tmp_path / "ring.json").read_text()) == {}
    assert command("whoami", "--api-url", site.url).returncode == 3


def test_a_key_is_asked_for_only_at_a_terminal(site: Site, tmp_path: Path) -> None:
    done = run(tmp_path, "login", site.url, "--key")
    assert done.returncode == 2
    assert "--key-stdin" in done.stderr


def test_agreeing_opens_the_page_and_waits_until_it_is_done(site: Site, make: Maker, tmp_path: Path) -> None:
    organization = make.organization()
    email, key = make.person(None)
    dataset = make.dataset(organization)
    make.load()
    opened = tmp_path / "opened"
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\necho "$1" >> {opened}\n')
    browser.chmod(0o755)
    variables = {"COMMONHOLD_API_URL": site.url, "COMMONHOLD_API_KEY": key, "BROWSER": f"{browser} %s"}
    without = run(tmp_path, "agree", dataset, "--json", **variables)
    assert json.loads(without.stdout)["needed"] == "terms"
    assert not opened.exists()  # nobody watches

    us, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "commonhold", "agree", dataset, "--wait"],
        env=environment(tmp_path) | variables, stdin=theirs, stdout=subprocess.PIPE, stderr=theirs, text=True,
    )  # fmt: skip
    os.close(theirs)
    try:
        page = process.stdout.readline().strip()
        assert page.startswith(f"{site.url}/datasets/")
        with person(site, email) as reader:
            path = page.removeprefix(site.url)
            boxes = re.findall(r'<input[^>]*type="checkbox"[^>]*name="([^"]+)"', reader.get(path).text)
            assert send_form(reader, path, **dict.fromkeys(boxes, "yes")).status_code == 200
        assert process.wait(timeout=120) == 0
        assert opened.read_text().split() == [page]
    finally:
        process.kill()
        process.communicate()
        os.close(us)
    assert json.loads(run(tmp_path, "agree", dataset, "--json", **variables).stdout)["needed"] is None
