"""What holds for every page: policies, tokens, notices, errors, read-only mode, and few statements."""

import re

import pytest

from tests.support.site import wait_until_writable


@pytest.fixture
def switches(database):
    """Turn the site's switches for one test, and back afterwards."""
    from commonhold.server.site import read_only
    from commonhold.server.site.actions import change

    def turn(**values):
        change(None, **values)

    yield turn
    read_only.lift()
    change(None, read_only=None, notice={}, notice_expires_at=None)
    wait_until_writable()


POSTED = [
    "/language", "/profile/acting-for", "/profile/keys", "/profile/keys/1/revoke", "/datasets/x/terms",
    "/datasets/x/request", "/datasets/x/download", "/datasets/x/sample", "/organizations/x/requests/y", "/sign-in",
    "/sign-up", "/sign-out", "/password", "/password/reset", "/confirm-address/x", "/confirm", "/confirm/code",
    "/confirm/passkey", "/sign-in/passkey", "/sign-in/second-step", "/profile/account", "/profile/email",
    "/profile/credentials", "/profile/export", "/profile/leave", "/profile/publishing", "/profile/sessions/end",
    "/profile/provider", "/profile/security/app", "/profile/security/app/off", "/profile/security/passkeys",
    "/profile/security/recovery/new", "/organizations/x/members/change", "/organizations/x/members/leave",
    "/organizations/x/invitations", "/organizations/x/settings", "/invitations/x", "/operate/publishing-rights/x",
]  # fmt: skip


@pytest.mark.parametrize("path", POSTED)
def test_no_form_is_taken_without_its_token(visitor, house, path):
    home = house()
    for who in (None, home.reader):
        answer = visitor(who).client.post(path, {"name": "x"})
        assert answer.status_code == 403
        assert "no longer valid" in answer.text


@pytest.mark.parametrize("path", ["/", "/datasets", "/sign-in", "/sign-up", "/terms", "/nowhere"])
def test_pages_are_closed_to_the_outside(visitor, database, path):
    page = visitor().get(path)
    policy = page["Content-Security-Policy"]
    assert "'unsafe-inline'" not in policy
    assert "default-src 'none'" in policy
    assert page["X-Frame-Options"] == "DENY"
    assert page["X-Content-Type-Options"] == "nosniff"
    loaded = re.findall(r'<(?:script|link|img|use)[^>]+(?:src|href)="([^"]+)"', page.text)
    assert loaded
    assert all(address.startswith("/") and not address.startswith("//") for address in loaded)
    assert not re.search(r"<(script|style)[^>]*>[^<]", page.text)
    assert not re.search(r'\sstyle="|\son[a-z]+="', page.text)


def test_styles_and_scripts_are_served_and_small(visitor, database):
    page = visitor().get("/").text
    for address in re.findall(r'"(/static/[^"]+\.(?:css|js)\?[^"]+)"', page):
        answer = visitor().get(address)
        assert answer.status_code == 200
        assert len(b"".join(answer.streaming_content)) < 40_000
    assert visitor().get("/favicon.svg")["Content-Type"] == "image/svg+xml"
    assert "Disallow: /profile" in visitor().get("/robots.txt").text


def test_a_notice_is_shown_in_the_readers_language_until_it_expires(visitor, switches):
    import datetime as dt

    switches(notice={"en-US": "Back at <noon>.", "fr": "De retour à midi."})
    assert "Back at &lt;noon&gt;." in visitor().get("/").text
    assert "De retour à midi." in visitor().get("/", accept_language="fr").text
    assert "Back at &lt;noon&gt;." in visitor().get("/", accept_language="de").text
    switches(notice_expires_at=dt.datetime.now(dt.UTC) - dt.timedelta(seconds=1))
    assert "Back at" not in visitor().get("/").text


def test_read_only_mode_answers_forms_kindly(visitor, house, switches):
    from commonhold.server.access.models import Agreement
    from commonhold.server.accounts.models import Person

    home = house()
    reader = visitor(home.reader)
    path = f"/datasets/{home.dataset}/terms"
    reader.get(path)
    switches(read_only=True)
    answer = reader.post(path, read="yes", licence="yes", keep="yes")
    assert answer.status_code == 503
    assert "Retry-After" in answer
    assert "Nothing was changed" in answer.text
    asked = f"/datasets/{home.dataset}/report"
    lost = visitor().post(
        asked, kind="other", message="A <long> story,\nhalf told.", email="someone@example.org"
    )
    assert lost.status_code == 503
    assert "A &lt;long&gt; story,<br>half told." in lost.text
    tried = visitor().post("/sign-in", login=home.reader, password="a secret of many words")
    assert "a secret of many words" not in tried.text
    assert reader.get(path).status_code == 200
    assert visitor().post("/sign-in", login=home.reader, password="x").status_code == 503
    assert visitor().post("/language", form_at="/", language="fr").status_code == 302
    assert not Agreement.objects.filter(person=Person.objects.get(email=home.reader).pk).exists()


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/profile/security/app", 503),
        ("/profile/security/passkeys", 503),
        ("/profile/security", 200),
        ("/profile/sessions", 200),
    ],
)
def test_pages_that_note_something_when_opened_say_so_in_read_only_mode(
    visitor, house, switches, path, status
):
    reader = visitor(house().reader)
    switches(read_only=True)
    assert reader.get(path).status_code == status


def test_errors_say_what_to_do_and_nothing_else(visitor, database):
    answer = visitor().get("/nowhere?q=<script>alert(1)</script>")
    assert answer.status_code == 404
    assert "There is nothing at this address" in answer.text
    assert "<script>alert" not in answer.text
    wrong_host = visitor(host="evil.example").get("/")
    assert wrong_host.status_code == 400
    assert "evil.example" not in wrong_host.text


def test_our_own_failure_is_a_page_too(visitor, database, monkeypatch):
    from commonhold.server.web.pages import catalogue

    def fail(*arguments, **named):
        message = "a secret detail"
        raise RuntimeError(message)

    monkeypatch.setattr(catalogue.finding, "listed", fail)
    stranger = visitor()
    stranger.client.raise_request_exception = False
    answer = stranger.get("/datasets")
    assert answer.status_code == 500
    assert "Something went wrong on our side" in answer.text
    assert "secret detail" not in answer.text
    assert '<html lang="ar" dir="rtl">' in stranger.get("/datasets", accept_language="ar").text


def test_right_to_left_pages_turn_around(visitor, database, monkeypatch):
    from commonhold.server.web import language

    monkeypatch.setattr(language, "interface_language", lambda _locale: "ar")
    page = visitor().get("/", accept_language="ar").text
    assert '<html lang="ar" dir="rtl">' in page


@pytest.mark.parametrize(
    "path", ["/", "/datasets?q=data&task=NLP", "/datasets/{dataset}", "/organizations/{organization}"]
)
@pytest.mark.parametrize("signed_in", [True, False])
def test_few_statements_even_with_nothing_remembered(visitor, house, path, signed_in, monkeypatch):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from commonhold.server.site import queries
    from commonhold.server.web.pages import catalogue

    # A page that takes longer than a second looks at the switches again.
    monkeypatch.setattr(queries, "SEEN_WITHIN_SECONDS", 600)
    home = house(restrictions="None.")
    who = visitor(home.publisher if signed_in else None)
    address = path.format(dataset=home.dataset, organization=home.organization)
    who.get(address)
    queries.forget()
    catalogue.forget_facets()
    with CaptureQueriesContext(
        connection,
    ) as seen:
        assert who.get(address).status_code == 200
    assert len(seen) <= 6, "\n".join(query["sql"] for query in seen)


@pytest.mark.parametrize(
    ("path", "leads_to"),
    [
        ("/datasets/some-name/download", "/datasets/some-name"),
        ("/datasets/some-name/sample", "/datasets/some-name"),
        ("/profile/acting-for", "/profile"),
        ("/organizations/some/requests/other", "/organizations/some/requests"),
    ],
)
def test_the_address_of_a_form_leads_to_its_page(visitor, database, path, leads_to):
    """Whoever had to sign in again comes back with a GET to where their form was sent."""
    answer = visitor().get(path)
    assert (answer.status_code, answer["Location"]) == (302, leads_to)


def test_pages_are_kept_by_no_shared_cache(visitor, database):
    assert visitor().get("/")["Cache-Control"] == "private, no-cache"


def test_signing_in_from_a_page_leads_back_to_it(visitor, house):
    home = house()
    page = visitor().get(f"/datasets/{home.dataset}?a=1&b=2").text
    assert f'href="/sign-in?next=%2Fdatasets%2F{home.dataset}%3Fa%3D1%26b%3D2"' in page
    assert 'href="/sign-in"' in visitor().get("/sign-up").text
