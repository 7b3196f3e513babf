"""Read-only mode and the parts of uploads: however it was switched, the embedded store takes nothing (decision 15)."""

import hashlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from commonhold.server.config.environment import environment
from commonhold.server.config.marker import marker_of
from commonhold.server.site import queries
from commonhold.server.site.actions import change
from tests.support.collection import Maker
from tests.support.publishing import Publisher, file, publisher, until
from tests.support.site import Site, start_site

pytestmark = pytest.mark.embedded_store


@pytest.fixture
def one(site: Site, make: Maker) -> Iterator[Publisher]:
    yield publisher(site, make)
    change(None, read_only=None)
    until(lambda: not shown(site))
    time.sleep(queries.SEEN_WITHIN_SECONDS)


def shown(site: Site) -> bool:
    """Whether the site says that it is read-only."""
    answer: bool = site.get("/api/v4/site/").json()["read_only"]
    return answer


def command(*words: str) -> None:
    subprocess.run([sys.executable, "-m", "commonhold", "admin", *words], check=True, capture_output=True)


def by_command(one: Publisher, tmp_path: Path) -> None:
    command("site", "--read-only", "on")


def by_api(one: Publisher, tmp_path: Path) -> None:
    maker = Maker(tmp_path / "operators")
    _, key = maker.person(None, roles=["operator"])
    maker.load()
    answer = one.site.request("PATCH", "/api/v4/site/", key=key, json={"read_only": True})
    assert answer.status_code == 200, answer.text


def by_collection_file(one: Publisher, tmp_path: Path) -> None:
    (tmp_path / "site.yaml").write_text("site: {read_only: true}\n")
    command("load", str(tmp_path / "site.yaml"))


@pytest.mark.parametrize("switch", [by_command, by_api, by_collection_file])
def test_no_part_is_taken_from_the_switch_on(one: Publisher, tmp_path: Path, switch) -> None:
    path = file(tmp_path)
    session = one.begin(one.draft(), path)
    url = one.call("GET", f"/uploads/{session['fileUploadId']}/parts/1").json()["url"]
    switch(one, tmp_path)
    refused = httpx.put(url, content=path.read_bytes(), timeout=60)
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "60")
    assert "Read-only" in refused.json()["error"]
    until(lambda: shown(one.site))
    time.sleep(queries.SEEN_WITHIN_SECONDS)
    completing = one.complete(session, [(1, "x")], "0" * 64)
    assert completing.status_code == 503
    command("site", "--read-only", "off")
    sent = httpx.put(url, content=path.read_bytes(), timeout=60)
    assert sent.status_code == 200, "the same address works again at once"
    until(lambda: not shown(one.site))
    time.sleep(queries.SEEN_WITHIN_SECONDS)
    done = one.complete(session, [(1, sent.headers["etag"])], hashlib.sha256(path.read_bytes()).hexdigest())
    assert done.status_code == 200


def test_a_marker_out_of_step_is_mended(one: Publisher) -> None:
    """As after a switch that was killed half way, or that was turned on another machine."""
    marker = marker_of(environment())
    marker.touch()
    until(lambda: one.site.get("/api/v4/site/").status_code == 200 and not marker.exists())
    change(None, read_only=True)
    marker.unlink()
    until(lambda: shown(one.site) and marker.exists())
    marker.unlink()
    command("check")
    assert marker.exists(), "every start mends it"


def test_the_environment_has_the_last_word_on_parts_too(one: Publisher, tmp_path: Path) -> None:
    path = file(tmp_path)
    session = one.begin(one.draft(), path)
    url = one.call("GET", f"/uploads/{session['fileUploadId']}/parts/1").json()["url"]
    parts = urlsplit(url)

    def put_to(site: Site) -> int:
        return httpx.put(
            f"{site.storage_url}{parts.path}?{parts.query}", content=path.read_bytes(), timeout=60
        ).status_code

    with start_site(COMMONHOLD_READ_ONLY="true") as locked:
        assert put_to(locked) == 503
        assert put_to(one.site) == 200, "another site's environment is its own"
    change(None, read_only=True)
    assert put_to(one.site) == 503
    with start_site(COMMONHOLD_READ_ONLY="false") as unlocked:
        assert put_to(unlocked) == 200


def test_a_part_that_arrives_during_the_switch_is_not_kept(one: Publisher, tmp_path: Path) -> None:
    path = file(tmp_path)
    session = one.begin(one.draft(), path)
    url = one.call("GET", f"/uploads/{session['fileUploadId']}/parts/1").json()["url"]

    def body() -> Iterator[bytes]:
        yield path.read_bytes()[:10]
        change(None, read_only=True)
        yield path.read_bytes()[10:]

    length = {"Content-Length": str(path.stat().st_size)}
    assert httpx.put(url, content=body(), headers=length, timeout=60).status_code == 503
    change(None, read_only=None)
    until(lambda: not shown(one.site))
    time.sleep(queries.SEEN_WITHIN_SECONDS)
    assert one.call("GET", f"/uploads/{session['fileUploadId']}").json()["parts"] == []


@pytest.mark.parametrize(("forced", "switched", "paused"), [("true", None, True), ("false", True, False)])
def test_background_work_goes_by_the_environment_too(
    one: Publisher, forced: str, switched: bool | None, paused: bool
) -> None:
    change(None, read_only=switched)
    asked = """
from commonhold.server.background.due import Due
from commonhold.server.config.environment import environment
print(Due(environment()).paused())
import django
django.setup()
from commonhold.server.background.runner import _paused
print(_paused())
"""
    environ = {**os.environ, "COMMONHOLD_READ_ONLY": forced}
    done = subprocess.run(
        [sys.executable, "-c", asked], env=environ, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == [str(paused)] * 2
