"""Section 4 of the v4 conventions: maintenance, proven by a database that refuses."""

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from django.db import DatabaseError, connection

from commonhold.server.site import queries, read_only
from commonhold.server.site.actions import change
from tests.contract.v4.conftest import PASSWORD, World
from tests.support.publishing import until
from tests.support.site import start_site

SENTENCE = (
    "Some features are temporarily disabled while we perform website maintenance. We'll be back to full capacity "
    "shortly."
)


def command(*words: str) -> None:
    subprocess.run(
        [sys.executable, "-m", "commonhold", "admin", "site", *words], check=True, capture_output=True
    )


def seen(world: World, *, read_only: bool) -> None:
    """Wait until the site shows the switch: within a second, and a little for a busy machine."""
    until(lambda: world.get("site/").json()["read_only"] is read_only)
    # Each process of the server holds what it saw for at most a second.
    time.sleep(queries.SEEN_WITHIN_SECONDS)


@pytest.fixture(scope="class")
def maintained(steady: World) -> Iterator[World]:
    """A site in read-only mode, for the tests of one class: switching takes a second each way."""
    command("--read-only", "on")
    try:
        seen(steady, read_only=True)
        yield steady
    finally:
        command("--read-only", "off")
        seen(steady, read_only=False)
        queries.forget()


class TestInReadOnlyMode:
    """Nothing here can change anything: the world is the one that every test shares."""

    @pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
    def test_rule_1_11_and_4_01_writes_are_503(self, maintained: World, method: str) -> None:
        before = maintained.get(f"datasets/{maintained.dataset}/").json()
        answer = maintained.edit({"name": "Other"}, method=method)
        assert (answer.status_code, answer.json()) == (503, {"error": SENTENCE})
        assert answer.headers["Content-Type"] == "application/json"
        assert maintained.get(f"datasets/{maintained.dataset}/", key=maintained.owner_key).json() == before

    def test_rule_4_01_reads_go_on(self, maintained: World) -> None:
        for path in (
            "datasets/",
            "datasets/search/?q=games",
            "organizations/",
            "submissions/",
            "accounts/profile/",
            "openapi.json",
        ):
            assert maintained.get(path, key=maintained.owner_key).status_code == 200
        assert maintained.call("OPTIONS", "datasets/").status_code == 200
        assert maintained.call("HEAD", "datasets/").status_code == 200

    @pytest.mark.parametrize("method", ["TRACE", "BREW"])
    def test_rule_4_03_any_other_method_is_a_write(self, maintained: World, method: str) -> None:
        answer = maintained.call(method, "datasets/")
        assert (answer.status_code, answer.json()) == (503, {"error": SENTENCE})

    def test_rule_4_04_before_routing_credentials_and_methods(self, maintained: World) -> None:
        for method, path, headers in (
            ("POST", "nope/", {}),
            ("POST", "site/", {}),
            ("POST", "datasets/", {"Authorization": "Bearer broken"}),
            ("POST", "datasets/", {"Accept": "text/html"}),
            ("POST", "accounts/session/", {}),
            ("POST", "submissions/", {}),
            ("POST", "submissions/x/submit/", {}),
            ("PATCH", "site/", {}),
        ):
            answer = maintained.call(method, path, headers=headers)
            assert (answer.status_code, answer.json()) == (503, {"error": SENTENCE}), (method, path)
        unslashed = maintained.call("POST", "datasets", follow_redirects=False)
        assert (unslashed.status_code, unslashed.headers["Location"]) == (301, "/api/v4/datasets/")

    def test_rule_4_06_cors(self, maintained: World) -> None:
        answer = maintained.call("POST", "datasets/", headers={"Origin": "https://example.org"})
        assert answer.status_code == 503
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert {"origin", "accept-language"} <= {
            word.strip().lower() for word in answer.headers["Vary"].split(",")
        }
        preflight = maintained.call(
            "OPTIONS",
            "nope/",
            headers={"Origin": "https://example.org", "Access-Control-Request-Method": "POST"},
        )
        assert preflight.status_code == 200

    @pytest.mark.parametrize(
        ("locale", "beginning"),
        [
            ("fr", "Certaines"),
            ("sw", "Baadhi"),
            ("kn", "ಜಾಲತಾಣದ"),
            ("ja", "ウェブサイト"),
            ("pt-BR", "Alguns"),
        ],
    )
    def test_rule_4_07_languages(self, maintained: World, locale: str, beginning: str) -> None:
        assert maintained.call("POST", f"datasets/?lang={locale}").json()["error"].startswith(beginning)
        headers = {"Accept-Language": locale}
        assert maintained.call("POST", "datasets/", headers=headers).json()["error"].startswith(beginning)

    def test_rule_4_08_neither_header_of_earlier_years(self, maintained: World) -> None:
        for answer in (maintained.call("POST", "datasets/"), maintained.get("datasets/")):
            assert not {"Retry-After", "X-AMO-Read-Only"} & set(answer.headers)

    def test_rule_4_09_site_and_rule_4_11_profile(self, maintained: World) -> None:
        assert maintained.get("site/").text == '{"read_only":true,"notice":null}'
        assert maintained.get("accounts/profile/", auth=maintained.jwt()).json()["site_status"] == {
            "read_only": True,
            "notice": None,
        }

    def test_rule_11_02_clients_find_the_error_to_show(self, maintained: World) -> None:
        answer = maintained.edit({"name": "Other"})
        assert list(answer.json()) == ["error"]
        assert isinstance(answer.json()["error"], str)

    def test_the_other_api_and_pages(self, maintained: World) -> None:
        refused = maintained.site.post(
            f"/api/datasets/{maintained.dataset}/download", key=maintained.owner_key
        )
        assert refused.status_code == 503
        assert set(refused.json()) == {"error", "message"}
        assert refused.json()["message"] == SENTENCE
        assert (
            maintained.site.get(f"/api/datasets/{maintained.dataset}", key=maintained.owner_key).status_code
            == 200
        )
        page = maintained.site.post(
            "/accounts/login/", data={"login": maintained.owner, "password": PASSWORD}
        )
        assert page.status_code == 503
        assert page.headers["Content-Type"].startswith("text/html")


def test_downloads_already_granted_go_on(world: World) -> None:
    dataset = world.make.dataset(world.organization, agreed_by=[world.owner], content=b"data " * 2000)
    world.make.load()
    granted = world.site.post(f"/api/datasets/{dataset}/download", key=world.owner_key)
    assert granted.status_code == 200
    command("--read-only", "on")
    try:
        seen(world, read_only=True)
        assert httpx.get(granted.json()["downloadUrl"], timeout=60).status_code == 200
        part = httpx.get(granted.json()["downloadUrl"], headers={"Range": "bytes=10-19"}, timeout=60)
        assert (part.status_code, len(part.content)) == (206, 10)
    finally:
        command("--read-only", "off")
        seen(world, read_only=False)
        queries.forget()


def test_the_database_session_refuses_to_write_whatever_the_code_does(world: World) -> None:
    from commonhold.server.organizations.models import Organization

    organizations = Organization.objects.filter(slug=world.organization)
    change(None, read_only=True)
    try:
        assert read_only.keep_in_step()
        for write in (
            lambda: organizations.update(website="https://example.org"),
            organizations.delete,
        ):
            with pytest.raises(DatabaseError) as refused:
                write()
            assert read_only.is_refusal(refused.value)
        # A new session is told as well, before it is used.
        connection.close()
        assert read_only.keep_in_step()
        with pytest.raises(DatabaseError):
            organizations.update(website="https://example.org")
        assert organizations.get().website == ""
    finally:
        change(None, read_only=False)
        seen(world, read_only=False)
    assert not read_only.keep_in_step()
    assert organizations.update(website="https://example.org") == 1


def refusing_database(*, on: bool) -> None:
    """Make the database itself refuse writes, behind the site's back."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT current_database()")
            name = cursor.fetchone()[0]
            cursor.execute(
                f'ALTER DATABASE "{name}" SET default_transaction_read_only = {"on" if on else "off"}'
            )
            return
        for verb in ("INSERT", "UPDATE"):
            cursor.execute(f"DROP TRIGGER IF EXISTS refuse_{verb}")


def test_rule_4_05_a_database_that_refuses_writes_gives_the_same_answer(world: World) -> None:
    """The flag is off here: the database alone refuses, as a standby or a full disk's guard does."""
    if connection.vendor == "postgresql":
        refusing_database(on=True)
        try:
            # Sessions that begin now are read-only; a fresh site has no others.
            answer, read = _asked_of_a_fresh_site(world)
        finally:
            with connection.cursor() as cursor:
                cursor.execute("SET default_transaction_read_only = off")
            refusing_database(on=False)
    else:
        answer, read = _asked_of_a_read_only_file(world)
    assert (answer.status_code, answer.json()) == (503, {"error": SENTENCE})
    assert read.status_code == 200


def _asked_of_a_fresh_site(world: World) -> tuple[httpx.Response, httpx.Response]:
    from commonhold.server.config.wsgi import application

    return _asked_in_process(world, application)


def _asked_of_a_read_only_file(world: World) -> tuple[httpx.Response, httpx.Response]:
    from commonhold.server.config.wsgi import application

    return _asked_in_process(world, application, "PRAGMA query_only = 1")


def _asked_in_process(
    world: World, application: Any, statement: str = ""
) -> tuple[httpx.Response, httpx.Response]:
    """Ask the site's own application in a thread of its own, whose database session begins after the refusal."""
    answers: list[httpx.Response] = []

    def ask() -> None:
        # One session for both requests, as a server's thread has.
        if statement:
            with connection.cursor() as cursor:
                cursor.execute(statement)
        with httpx.Client(
            transport=httpx.WSGITransport(app=application), base_url="http://localhost"
        ) as client:
            headers = {"Authorization": f"Bearer {world.owner_key}"}
            answers.append(
                client.patch(f"/api/v4/datasets/{world.dataset}/", json={"name": "Other"}, headers=headers)
            )
            answers.append(client.get(f"/api/v4/datasets/{world.dataset}/"))
        connection.close()

    thread = threading.Thread(target=ask)
    thread.start()
    thread.join()
    return answers[0], answers[1]


def test_rule_4_09_site_is_exactly_two_keys(world: World) -> None:
    assert world.get("site/").text == '{"read_only":false,"notice":null}'


def test_rule_4_10_the_notice_is_in_the_current_language(world: World) -> None:
    change(None, notice={"en-US": "Back soon ✓", "fr": "Bientôt"})
    try:
        until(lambda: world.get("site/").json()["notice"])
        assert world.get("site/").json() == {"read_only": False, "notice": "Back soon ✓"}
        assert world.get("site/?lang=fr").json()["notice"] == "Bientôt"
        assert world.get("site/", headers={"Accept-Language": "fr"}).json()["notice"] == "Bientôt"
        assert world.get("site/?lang=de").json()["notice"] == "Back soon ✓"
    finally:
        change(None, notice={})
        until(lambda: world.get("site/").json()["notice"] is None)


def test_rule_4_13_post_is_405(world: World) -> None:
    assert world.call("POST", "site/").status_code == 405


def test_operators_switch_it_on_through_the_api_and_only_the_command_off(world: World) -> None:
    email, _ = world.make.person(None, roles=["operator"])
    world.make.load()
    token = world.sign_in(email)
    assert world.call("PATCH", "site/", json={"read_only": True}).status_code == 401
    assert world.call("PATCH", "site/", key=world.sign_in(), json={"read_only": True}).status_code == 403
    assert world.call("PATCH", "site/", key=token, json={"read_only": "maybe"}).status_code == 400
    try:
        switched = world.call("PATCH", "site/", key=token, json={"read_only": True, "notice": "Moving house"})
        assert switched.json() == {"read_only": True, "notice": "Moving house"}
        seen(world, read_only=True)
        assert world.call("PATCH", "site/", key=token, json={"read_only": False}).status_code == 503
    finally:
        command("--read-only", "off", "--notice", "")
        seen(world, read_only=False)
        queries.forget()
    assert world.edit({"name": "Writable again"}).status_code == 200


def test_the_environment_has_the_last_word(world: World) -> None:
    with start_site(COMMONHOLD_READ_ONLY="true") as site:
        assert site.get("/api/v4/site/").json()["read_only"] is True
        assert (
            site.request("PATCH", f"/api/v4/datasets/{world.dataset}/", key=world.owner_key).status_code
            == 503
        )
    change(None, read_only=True)
    try:
        with start_site(COMMONHOLD_READ_ONLY="false") as site:
            assert site.get("/api/v4/site/").json()["read_only"] is False
            answer = site.request(
                "PATCH", f"/api/v4/datasets/{world.dataset}/", key=world.owner_key, json={"name": "Lifted"}
            )
            assert answer.status_code == 200
    finally:
        change(None, read_only=False)
        seen(world, read_only=False)
