"""The operator's desk: for operators alone, every change through an action, with its line in the trail."""

import datetime as dt

import pytest

from tests.support.mail import told
from tests.support.site import unique, wait_until_writable

PAGES = (
    "", "/site", "/people", "/people/1", "/organizations", "/organizations/any", "/datasets", "/datasets/any",
    "/trail", "/health", "/jobs", "/reports", "/reports/any", "/admin/", "/admin/login/", "/admin/accounts/person/",
)  # fmt: skip


@pytest.fixture
def operator(make):
    """Somebody who runs the site, and works for an organization of their own."""
    address, _ = make.person(make.organization(), "owner", roles=["operator"], password=None)
    make.load()
    return address


@pytest.fixture
def unlocked(database):
    """Put the switches back afterwards."""
    from commonhold.server.site import read_only
    from commonhold.server.site.actions import change

    yield
    read_only.lift()
    change(
        None, read_only=None, open_catalogue=None, notice={}, notice_expires_at=None, notice_severity="info"
    )
    wait_until_writable()


def last_entry(action):
    from commonhold.server.audit.models import Entry

    return Entry.objects.filter(action=action).order_by("-pk").first()


def person_of(address):
    from commonhold.server.accounts.models import Person

    return Person.objects.get(email=address)


def dataset_of(slug):
    from commonhold.server.catalogue.models import Dataset

    return Dataset.objects.get(slug=slug)


def test_nobody_else_finds_anything_there(visitor, house, make):
    home = house()
    reviewer, _ = make.person(home.organization, "owner", roles=["reviewer"], password=None)
    make.load()
    for who in (None, home.reader, home.publisher, reviewer):
        somebody = visitor(who)
        somebody.client.handler.enforce_csrf_checks = False
        for path in PAGES:
            for answer in (
                somebody.get(f"/operate{path}"),
                somebody.client.post(f"/operate{path}", {"what": "x"}),
            ):
                assert answer.status_code == 404, (who, path, answer.status_code)
                assert "There is nothing at this address" in answer.text
    assert "/operate" not in visitor(reviewer).get("/").text


def test_every_page_of_the_desk_opens_for_operators(visitor, house, operator):
    home = house()
    who = visitor(operator)
    assert 'href="/operate"' in who.get("/").text
    paths = [path for path in PAGES if "any" not in path and "/admin" not in path and not path.endswith("/1")]
    paths += [
        f"/people/{person_of(home.reader).pk}", f"/organizations/{home.organization}", f"/datasets/{home.dataset}",
    ]  # fmt: skip
    for path in paths:
        page = who.get(f"/operate{path}")
        assert page.status_code == 200, path
        assert page["Cache-Control"] == "private, no-store"


def test_read_only_is_turned_on_here_and_off_only_on_the_server(visitor, operator, unlocked):
    from commonhold.server.site.actions import change
    from commonhold.server.site.queries import switches

    who = visitor(operator)
    assert who.post("/operate/site", what="read_only").status_code == 400
    assert not switches().read_only
    page = who.get("/operate/site").text
    assert "commonhold admin site --read-only off" in page
    fields = {"what": "read_only", "sure": "yes"}
    assert who.post("/operate/site", **fields).status_code == 302
    assert switches().read_only
    assert last_entry("site.switched").actor == person_of(operator).pk
    page = who.get("/operate/site").text
    assert "It is switched off on the server only" in page
    assert 'value="read_only"' not in page
    refused = who.client.post("/operate/site", {"what": "read_only"})
    assert refused.status_code == 503
    change(None, read_only=False)
    assert not switches().read_only


def test_the_notice_has_translations_a_severity_and_an_end(visitor, operator, unlocked):
    who = visitor(operator)
    until = (dt.datetime.now(dt.UTC) + dt.timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
    texts = {"text-en-US": "Back at <noon>.", "text-fr": "De retour à midi."}
    sent = who.post("/operate/site", what="notice", severity="critical", expires_at=until, **texts)
    assert sent.status_code == 302, sent.text
    english = visitor().get("/").text
    assert 'class="notice critical" role="alert"' in english
    assert "Back at &lt;noon&gt;." in english
    assert "De retour à midi." in visitor().get("/", accept_language="fr").text
    assert f'value="{until}"' in who.get("/operate/site").text
    for wrong in (
        {"severity": "critical", "expires_at": "2020-01-01T00:00", **texts},
        {"severity": "loud", **texts},
        {"severity": "info", "text-fr": "Seulement en français."},
        {"severity": "info", "text-en-US": "x" * 1001},
    ):
        answer = who.post("/operate/site", what="notice", **wrong)
        assert answer.status_code == 400
        assert 'class="mistake"' in answer.text
        assert all(
            text.replace("<", "&lt;").replace(">", "&gt;") in answer.text
            for text in wrong.values()
            if len(text) > 30
        )
    assert "De retour à midi." in visitor().get("/", accept_language="fr").text
    who.post("/operate/site", what="notice", severity="info")
    assert "Back at" not in visitor().get("/").text


def test_the_open_catalogue_switch(visitor, operator, unlocked):
    from commonhold.server.site.queries import switches

    who = visitor(operator)
    for value, state in (("on", True), ("off", False), ("default", False)):
        assert who.post("/operate/site", what="open_catalogue", open=value).status_code == 302
        assert switches().open_catalogue is state
    assert who.post("/operate/site", what="open_catalogue", open="ajar").status_code == 400


def test_people_are_found_kept_out_and_given_roles(visitor, house, operator):
    home = house()
    reader, who = person_of(home.reader), visitor(operator)
    found = who.get(f"/operate/people?q={home.reader[:20].upper()}").text
    assert home.reader in found
    assert home.publisher not in found
    path = f"/operate/people/{reader.pk}"
    inside = visitor(home.reader)
    assert inside.get("/profile").status_code == 200
    who.post(path, what="deactivate")
    assert inside.get("/profile").status_code == 302
    entry = last_entry("accounts.deactivated")
    assert (entry.actor, entry.object_id) == (person_of(operator).pk, str(reader.pk))
    assert home.reader in who.get(f"/operate/people?q={home.reader}&state=deactivated").text
    who.post(path, what="activate")
    assert person_of(home.reader).is_active
    who.post(path, what="roles", reviewer="yes")
    reader.refresh_from_db()
    assert (reader.is_reviewer, reader.is_operator) == (True, False)
    assert last_entry("accounts.site_roles_set").details == {"roles": ["reviewer"]}


def test_operators_do_not_lock_themselves_out(visitor, operator):
    who, own = visitor(operator), person_of(operator)
    for fields in ({"what": "deactivate"}, {"what": "roles"}):
        answer = who.post(f"/operate/people/{own.pk}", form_at="/operate/site", **fields)
        assert answer.status_code == 302
    own.refresh_from_db()
    assert own.is_active
    assert own.is_operator


def test_limits_and_publishing_rights(visitor, house, operator):
    from commonhold.server.organizations.models import Organization

    home, who = house(), visitor(operator)
    path = f"/operate/organizations/{home.organization}"
    sent = who.post(path, downloads="7", bandwidth="none", requests="60/minute")
    assert sent.status_code == 302
    row = Organization.objects.get(slug=home.organization)
    assert row.limits == {"downloads": 7, "bandwidth": None, "requests": "60/minute"}
    assert not row.can_publish
    assert last_entry("organizations.changed").object_id == home.organization
    for wrong in (
        {"downloads": "-1"},
        {"downloads": "many"},
        {"bandwidth": "9" * 20},
        {"requests": "60 a minute"},
    ):
        answer = who.post(path, can_publish="on", **wrong)
        assert answer.status_code == 400
        assert 'class="mistake"' in answer.text
        assert next(iter(wrong.values())) in answer.text
    who.post(path, can_publish="on", downloads="", bandwidth="", requests="")
    row.refresh_from_db()
    assert (row.limits, row.can_publish) == ({}, True)
    personal = person_of(home.reader).personal_organization
    assert who.get(f"/operate/organizations?q={home.reader}").text.count(personal.slug)
    who.post(f"/operate/organizations/{personal.slug}", can_publish="on", downloads="3")
    personal.refresh_from_db()
    assert (personal.limits, personal.can_publish) == ({"downloads": 3}, False)


def test_a_dataset_is_withheld_and_put_back(visitor, house, operator):
    home, who = house(), visitor(operator)
    row = dataset_of(home.dataset)
    path = f"/operate/datasets/{row.public_id}"
    assert who.post(path, status="withheld", reason="  ").status_code == 400
    assert who.post(path, reason="A court order.").status_code == 400
    assert who.post(path, status="withheld", reason="A court order.").status_code == 302
    answer = visitor().get(f"/datasets/{home.dataset}")
    assert answer.status_code == 451
    assert "A court order." in answer.text
    assert last_entry("catalogue.dataset_withheld").actor == person_of(operator).pk
    assert "A court order." in who.get("/operate/datasets?status=withheld").text
    (letter,) = told(home.publisher)
    assert "A court order." in letter["text"]
    who.post(path, what="put_back")
    assert visitor().get(f"/datasets/{home.dataset}").status_code == 200
    assert len(told(home.publisher)) == 2


def test_a_removed_dataset_comes_back_only_while_its_files_are_there(visitor, house, operator):
    from commonhold.server.catalogue import moderation
    from commonhold.server.catalogue.jobs import delete_objects
    from commonhold.server.config.environment import environment
    from commonhold.server.kit.viewer import Viewer
    from commonhold.server.storage.store import object_store

    home, who = house(), visitor(operator)
    row = dataset_of(home.dataset)
    path = f"/operate/datasets/{row.public_id}"
    who.post(path, status="removed", reason="Its speakers asked for it.")
    assert visitor().get(f"/datasets/{home.dataset}").status_code == 410
    who.post(path, what="put_back")
    assert visitor().get(f"/datasets/{home.dataset}").status_code == 200
    who.post(path, status="removed", reason="They asked again.")
    key = row.current_version.object_key
    delete_objects([key])
    assert not moderation.has_files(row)
    assert "there is nothing left to put back" in who.get(path).text
    who.client.post(path, {"what": "put_back", "csrfmiddlewaretoken": "x"})
    with pytest.raises(moderation.FilesGoneError):
        moderation.moderate(Viewer(person=1, site_roles=frozenset({"operator"})), row.pk, "published")
    with pytest.raises(PermissionError):
        moderation.moderate(Viewer(person=1), row.pk, "published")
    assert visitor().get(f"/datasets/{home.dataset}").status_code == 410
    object_store(environment(), public_url="").delete(key)


def test_the_trail_is_narrowed_and_walked_by_key(visitor, house, operator):
    from commonhold.server.audit.actions import record
    from commonhold.server.kit.viewer import Viewer

    home, who = house(), visitor(operator)
    target, person = unique("target"), person_of(home.reader)
    for number in range(55):
        record(Viewer(person=person.pk), "tests.counted", "thing", target, number=number)
    record(None, "tests.other", "thing", target, text="<script>alert(1)</script>")
    first = who.get(f"/operate/trail?who={home.reader}&action=tests.").text
    assert first.count("tests.counted") == 50
    (older,) = [part.split('"')[0] for part in first.split('rel="next" href="')[1:]]
    second = who.get("/operate/trail" + older.replace("&amp;", "&")).text
    assert second.count("tests.counted") == 5
    assert 'rel="next"' not in second
    whole = who.get(f"/operate/trail?kind=thing&target={target}").text
    assert "&lt;script&gt;" in whole
    today = last_entry("tests.other").at.astimezone(dt.UTC).date()
    assert "tests.other" in who.get(f"/operate/trail?target={target}&since={today}&until={today}").text
    assert (
        "tests.other"
        not in who.get(f"/operate/trail?target={target}&until={today - dt.timedelta(days=1)}").text
    )
    for wrong in ("since=yesterday", "until=9999-12-31", "who=nobody@example.org"):
        answer = who.get(f"/operate/trail?{wrong}")
        assert answer.status_code == 400
        assert 'class="mistake"' in answer.text


def test_failed_jobs_are_tried_again_or_given_up(visitor, operator):
    from commonhold.server.background.models import FAILED, Job

    who = visitor(operator)
    again, gone = (
        Job.objects.create(name=unique("job"), status=FAILED, attempts=8, error="Traceback <b>it broke</b>")
        for _ in range(2)
    )
    page = who.get("/operate/jobs").text
    assert "&lt;b&gt;it broke" in page
    who.post("/operate/jobs", job=str(again.pk), what="retry")
    again.refresh_from_db()
    assert again.attempts <= 1, "all attempts again; the worker beside us may have begun the first"
    assert last_entry("health.job_retried").object_id == str(again.pk)
    who.post("/operate/jobs", job=str(gone.pk), what="drop")
    assert not Job.objects.filter(pk=gone.pk).exists()
    repeated = who.post("/operate/jobs", job=str(gone.pk), what="retry")
    assert repeated.status_code == 302
    assert "no longer on the list" in who.get("/operate/jobs").text
    again.delete()


def test_a_retry_yields_to_the_same_job_that_waits_already(visitor, operator):
    from commonhold.server.background.models import FAILED, WAITING, Job
    from commonhold.server.kit import clock

    key = unique("key")
    failed = Job.objects.create(name="tests.same", key=key, status=FAILED)
    # Not due before long, so that the worker beside us leaves it alone.
    later = clock.now() + dt.timedelta(hours=1)
    waiting = Job.objects.create(name="tests.same", key=key, status=WAITING, run_at=later)
    visitor(operator).post("/operate/jobs", job=str(failed.pk), what="retry")
    assert list(Job.objects.filter(key=key)) == [waiting]
    waiting.delete()


def test_health_says_what_it_tried(visitor, operator):
    page = visitor(operator).get("/operate/health").text
    assert "takes a file, gives it back, lets it go" in page
