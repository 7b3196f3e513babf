"""`doctor` names what is wrong, each thing by itself; `completion` completes in real shells."""

import json
import shutil
import subprocess
import sys
import threading
import time
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.faults.conftest import Command, environment
from tests.support.collection import Maker
from tests.support.site import Site


def grades(command: Command, *arguments: str, **variables: str) -> tuple[int, dict[str, str]]:
    done = command("doctor", "--json", *arguments, **variables)
    return done.returncode, {one["about"]: one["grade"] for one in json.loads(done.stdout)["findings"]}


def test_all_is_well(site: Site, make: Maker, command: Command, tmp_path: Path) -> None:
    email, key = make.person(None)
    make.load()
    variables = {
        "COMMONHOLD_API_URL": site.url,
        "COMMONHOLD_API_KEY": key,
        "COMMONHOLD_DOWNLOAD_PATH": str(tmp_path),
    }
    code, found = grades(command, **variables)
    assert code == 0
    assert set(found.values()) == {"ok"}
    assert list(found) == [
        "version", "proxy", "trust", "site", "clock", "key", "downloads", "bandwidth", "storage", "folder", "cache",
    ]  # fmt: skip
    told = command("doctor", **variables)
    assert email in told.stdout
    assert site.storage_url in told.stdout
    assert key not in told.stdout + told.stderr
    assert command("doctor", "--quiet", **variables).stdout == ""
    assert [path.name for path in tmp_path.iterdir()] == ["collection"]


def test_a_key_is_missing_dead_too_little_or_at_its_end(site: Site, make: Maker, command: Command) -> None:
    import datetime as dt

    from commonhold.server.credentials.keys import new_key

    soon = (dt.datetime.now(dt.UTC) + dt.timedelta(days=3)).isoformat()
    _, little = make.person(None, api_key={"scopes": ["read"]})
    _, ending = make.person(None, api_key={"expires": soon})
    make.load()
    address = {"COMMONHOLD_API_URL": site.url}
    assert grades(command, **address)[1]["key"] == "warn"
    code, found = grades(command, **address, COMMONHOLD_API_KEY=new_key())
    assert (code, found["key"]) == (3, "fail")
    assert grades(command, **address, COMMONHOLD_API_KEY=little)[1]["key"] == "warn"
    assert grades(command, **address, COMMONHOLD_API_KEY=ending)[1]["key"] == "warn"


def test_the_day_is_used_up(site: Site, make: Maker, command: Command) -> None:
    organization = make.organization(daily_download_limit=1)
    email, key = make.person(organization)
    dataset = make.dataset(organization, agreed_by=[email])
    make.load()
    assert site.post(f"/api/datasets/{dataset}/download", key=key).status_code == 200
    code, found = grades(command, COMMONHOLD_API_URL=site.url, COMMONHOLD_API_KEY=key)
    assert (code, found["downloads"]) == (0, "warn")


def test_nobody_is_there_and_the_rest_is_told_all_the_same(command: Command, tmp_path: Path) -> None:
    closed = tmp_path / "file"
    closed.write_text("")
    code, found = grades(
        command, COMMONHOLD_API_URL="http://127.0.0.1:9", COMMONHOLD_DOWNLOAD_PATH=str(closed),
    )  # fmt: skip
    assert code == 7
    assert (found["site"], found["folder"], found["cache"]) == ("fail", "fail", "ok")
    assert "key" not in found


def test_settings_that_cannot_be_meant(command: Command, tmp_path: Path) -> None:
    code, found = grades(
        command, COMMONHOLD_API_URL="https://127.0.0.1:9", REQUESTS_CA_BUNDLE=str(tmp_path / "none.pem")
    )
    assert (code, found["trust"]) == (2, "fail")
    code, found = grades(command, COMMONHOLD_API_URL="http://data.invalid", HTTP_PROXY="socks5://127.0.0.1:9")
    assert (code, found["proxy"], found["trust"]) == (2, "fail", "warn")


@pytest.mark.parametrize(("ahead", "grade", "code"), [(0, "ok", 0), (120, "warn", 0), (-86_400, "fail", 2)])
def test_the_clock_is_compared_with_the_sites(command: Command, ahead: int, grade: str, code: int) -> None:
    class Site(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response_only(200)
            self.send_header("Date", formatdate(time.time() + ahead, usegmt=True))
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Site) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            found = grades(command, COMMONHOLD_API_URL=f"http://127.0.0.1:{server.server_port}")
        finally:
            server.shutdown()
    assert (found[0], found[1]["clock"]) == (code, grade)


def test_bash_completes_commands_and_options(command: Command, tmp_path: Path) -> None:
    script = tmp_path / "completion.bash"
    script.write_text(command("completion", "bash").stdout)
    program = tmp_path / "commonhold"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m commonhold "$@"\n')
    program.chmod(0o755)
    for words, wanted in (("down", "download"), ("download --lim", "--limit-rate")):
        given = ["commonhold", *words.split()]
        code = (
            f"source {script}\nCOMP_WORDS=({' '.join(given)})\nCOMP_CWORD={len(given) - 1}\n"
            '_commonhold_completion commonhold\nprintf "%s\\n" "${COMPREPLY[@]}"'
        )
        done = subprocess.run(
            ["bash", "-c", code], capture_output=True, text=True, check=True, timeout=60,
            env=environment(tmp_path) | {"PATH": f"{tmp_path}:/usr/bin:/bin"},
        )  # fmt: skip
        assert wanted in done.stdout.split(), done


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_the_scripts_of_other_shells_name_the_command(command: Command, shell: str, tmp_path: Path) -> None:
    script = command("completion", shell)
    assert script.returncode == 0
    assert "_COMMONHOLD_COMPLETE" in script.stdout
    if shutil.which(shell):
        path = tmp_path / "script"
        path.write_text(script.stdout)
        subprocess.run([shell, "-n", str(path)], check=True, timeout=60)
