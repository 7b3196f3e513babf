"""The publisher's desk: drafts, mistakes, agreement, files, translations, what others may not do, and nothing lost."""

import datetime as dt
import functools
import json
import re
from dataclasses import dataclass
from typing import Any

import pytest

from tests.server.web.conftest import hidden_fields
from tests.support.collection import archive
from tests.support.publishing import COMPLETE
from tests.support.site import unique

NAME = "Greetings of the desk"
# A form sends no more than this: the short description stays empty here.
FIELDS = {name: text for name, text in COMPLETE.items() if name != "shortDescription"} | {
    "name": NAME,
    "longDescription": "What people say when they meet.",
}


@dataclass
class Desk:
    """An organization with a publisher at the desk and the people around it."""

    organization: str
    publisher: str
    owner: str
    member: str
    stranger: str
    reviewer: str


@pytest.fixture
def desk(make: Any, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """Make one. What is sent there is read when the test says so, not by a worker that runs beside it."""
    from commonhold.server.submissions.actions import files

    later = functools.partial(files.enqueue, after=dt.timedelta(hours=1))
    monkeypatch.setattr(files, "enqueue", later)
    slug, elsewhere = make.organization(), make.organization()
    people = {role: make.person(slug, role, password=None)[0] for role in ("publisher", "owner", "member")}
    people["stranger"] = make.person(elsewhere, "owner", password=None)[0]
    people["reviewer"] = make.person(elsewhere, "member", password=None, roles=["reviewer"])[0]
    make.load()
    return Desk(slug, **people)


def begin(visitor: Any, address: str, name: str = NAME) -> tuple[Any, str]:
    """Begin a submission at the desk; return the visitor and the submission's id."""
    someone = visitor(address)
    page = someone.get("/publish/new").text
    (organization,) = re.findall(r'<select name="organization".*?<option value="(\d+)"', page, re.DOTALL)[:1]
    made = someone.post("/publish/new", name=name, organization=organization, text_locale="en-US")
    assert made.status_code == 302, made.text
    return someone, made["Location"].split("/")[2]


def fill(someone: Any, identifier: str, **fields: Any) -> Any:
    """Save the form with these fields beside the complete ones."""
    return someone.post(f"/publish/{identifier}/edit", **{**FIELDS, "do": "save", **fields})


def token(someone: Any) -> str:
    value: str = someone.client.cookies["csrftoken"].value
    return value


def ask(someone: Any, path: str, **body: Any) -> Any:
    """Send what the page's script sends."""
    return someone.client.post(
        path, json.dumps(body), content_type="application/json", headers={"X-CSRFToken": token(someone)}
    )


def send(someone: Any, identifier: str, path: Any, *, kind: str = "archive", **more: Any) -> str:
    """Send a small file through the page's own addresses, its bytes straight to the store; return the upload's id."""
    from commonhold.server.config.environment import environment
    from commonhold.server.storage.store import object_store
    from commonhold.server.submissions.models import Upload

    someone.get(f"/publish/{identifier}")
    content = path.read_bytes()
    begun = ask(
        someone, f"/publish/{identifier}/uploads", filename=path.name, size=len(content), kind=kind, **more
    )
    assert begun.status_code == 201, begun.text
    session = begun.json()
    urls = ask(someone, session["parts_address"], numbers=[1]).json()["urls"]
    assert "signature=" in urls["1"]
    upload = Upload.objects.get(public_id=session["id"])
    store = object_store(environment(), public_url="")
    part = store.receive_part(upload.object_key, upload.upload_id, 1, len(content))
    part.write([content])
    part.keep()
    part.close()
    state = someone.get(session["address"]).json()
    assert [(number, size) for number, size, _ in state["parts"]] == [(1, len(content))]
    done = ask(someone, session["address"], parts=[[number, etag] for number, _, etag in state["parts"]])
    assert done.status_code == 200, done.text
    return str(session["id"])


def verify(upload: str) -> None:
    """Read what was sent, as the background does."""
    from commonhold.server.background.models import Job
    from commonhold.server.submissions.jobs import verify_upload
    from commonhold.server.submissions.models import Upload
    from commonhold.server.submissions.tasks import VERIFY

    number = Upload.objects.get(public_id=upload).pk
    verify_upload(number)
    Job.objects.filter(key=f"{VERIFY}:{number}").delete()


def submitted(visitor: Any, desk: Desk, folder: Any, **fields: Any) -> tuple[Any, str]:
    """Take a submission to the reviewers; return its publisher and its id."""
    someone, identifier = begin(visitor, desk.publisher)
    assert fill(someone, identifier, **fields).status_code == 302
    verify(send(someone, identifier, archive(folder, "greetings.tar.gz")))
    assert someone.post(f"/publish/{identifier}/submit", agree="yes").status_code == 302
    return someone, identifier


def row(identifier: str) -> Any:
    from commonhold.server.submissions.models import Submission

    return Submission.objects.get(public_id=identifier)


def test_a_submission_from_a_draft_to_the_reviewers(visitor, desk, tmp_path):
    someone, identifier = begin(visitor, desk.publisher)
    listed = someone.get("/publish").text
    assert NAME in listed
    assert "Describe the dataset and send its archive" in listed
    page = someone.get(f"/publish/{identifier}").text
    assert "Still missing" in page
    assert "Forbidden usage" in page
    refused = someone.get(f"/publish/{identifier}/submit")
    assert "These are still missing" in refused.text
    assert 'name="agree"' not in refused.text

    assert fill(someone, identifier).status_code == 302
    upload = send(someone, identifier, archive(tmp_path, "greetings.tar.gz"))
    waiting = someone.get(f"/publish/{identifier}/files").text
    assert 'data-pending="yes"' in waiting
    verify(upload)
    assert 'data-file-state="verified"' in someone.get(f"/publish/{identifier}/files").text

    unticked = someone.post(f"/publish/{identifier}/submit")
    assert unticked.status_code == 400
    assert "Nothing was submitted yet" in unticked.text
    assert row(identifier).status == "draft"
    page = someone.get(f"/publish/{identifier}/submit").text
    fields = {**hidden_fields(page), "agree": "yes"}
    for _ in range(2):
        assert someone.client.post(f"/publish/{identifier}/submit", fields).status_code == 302
    assert row(identifier).status == "submitted"
    assert row(identifier).agreed_to_submit_at is not None
    assert "Waiting for review" in someone.get("/publish").text

    for _ in range(2):
        someone.post(f"/publish/{identifier}/withdraw", form_at=f"/publish/{identifier}")
        assert row(identifier).status == "retracted"


def test_what_is_wrong_is_said_beside_its_field_and_everything_typed_is_kept(visitor, desk):
    someone, identifier = begin(visitor, desk.publisher)
    answer = fill(
        someone, identifier, shortDescription="x" * 161, pointOfContactEmail="no address", isPaid="on",
        autoApproveAccessRequests="on", licenseUrl="javascript:alert(1)",
    )  # fmt: skip
    assert answer.status_code == 400
    page = answer.text
    assert "x" * 161 in page
    assert 'value="no address"' in page
    for name in ("shortDescription", "pointOfContactEmail", "basePriceCents", "licenseUrl"):
        assert f'id="id_{name}_error"' in page, name
    assert "only possible with the visibility" in page
    assert "Saved, except for what is marked below" in page
    # What could stand was saved.
    saved = row(identifier)
    assert saved.long_description == FIELDS["longDescription"]
    assert (saved.short_description, saved.point_of_contact_email, saved.is_paid) == ("", "", False)
    # The form that says so can be sent again, mended.
    mended = someone.client.post(
        f"/publish/{identifier}/edit", {**hidden_fields(page), **FIELDS, "format": "CSV"}
    )
    assert mended.status_code == 302


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"isPaid": "on", "basePriceCents": "100"}, {"is_paid": True, "base_price_cents": 10_000, "currency": "usd"}),
        ({"basePriceCents": "100"}, {"is_paid": False, "base_price_cents": None}),
        ({"licenseAbbreviation": "OWN-1", "license": "A licence of our own"}, {"license": "A licence of our own"}),
        ({"licenseAbbreviation": "MIT", "license": "Left over"}, {"license": ""}),
        ({"visibility": "restricted", "autoApproveAccessRequests": "on"}, {"auto_approve_access_requests": True}),
        ({"longDescription": "a\r\nb"}, {"long_description": "a\nb"}),
    ],
)  # fmt: skip
def test_fields_that_go_together_are_saved_together(visitor, desk, fields, expected):
    someone, identifier = begin(visitor, desk.publisher)
    assert fill(someone, identifier, **fields).status_code == 302
    saved = row(identifier)
    assert {column: getattr(saved, column) for column in expected} == expected
    # What was saved stands in the form again.
    page = someone.get(f"/publish/{identifier}/edit").text
    assert saved.long_description in page


def test_translations_stand_side_by_side_and_are_added_and_removed_without_a_script(visitor, desk):
    someone, identifier = begin(visitor, desk.publisher)
    added = fill(someone, identifier, do="add-language", language="ar")
    assert added["Location"].endswith("/edit?language=ar")
    page = someone.get(added["Location"]).text
    assert re.search(r'<input[^>]*name="name-ar"[^>]*lang="ar"[^>]*dir="rtl"', page)
    arabic = {"languages": "ar", "name-ar": "تحيات", "restrictions-ar": "لا شيء"}
    assert fill(someone, identifier, **arabic).status_code == 302
    assert row(identifier).translations["name"] == {"ar": "تحيات"}
    assert "تحيات" in someone.get(f"/publish/{identifier}/edit").text
    lonely = fill(someone, identifier, **arabic, **{"additionalConditions-ar": "شرط"})
    assert lonely.status_code == 400
    assert "needs a text in" in lonely.text
    assert "شرط" in lonely.text
    assert fill(someone, identifier, **arabic, **{"remove-ar": "yes"}).status_code == 302
    assert not any(row(identifier).translations.values())


def test_beginning_twice_with_one_form_begins_one_submission(visitor, desk):
    from commonhold.server.submissions.models import Submission

    someone = visitor(desk.publisher)
    page = someone.get("/publish/new").text
    (organization,) = re.findall(r'<select name="organization".*?<option value="(\d+)"', page, re.DOTALL)
    fields = {
        **hidden_fields(page),
        "name": unique("Once"),
        "organization": organization,
        "text_locale": "fr",
    }
    places = {someone.client.post("/publish/new", fields)["Location"] for _ in range(2)}
    assert len(places) == 1
    assert Submission.objects.filter(name=fields["name"], text_locale="fr").count() == 1


def test_a_session_that_ended_loses_nothing_that_was_typed(visitor, desk):
    from django.contrib.auth import get_user_model
    from django.contrib.sessions.models import Session

    someone, identifier = begin(visitor, desk.publisher)
    path = f"/publish/{identifier}/edit"
    fields = {**hidden_fields(someone.get(path).text), **FIELDS, "longDescription": "An hour of typing."}
    Session.objects.filter(session_key=someone.client.cookies["sessionid"].value).delete()
    lost = someone.client.post(path, fields)
    assert lost["Location"] == f"/sign-in?next={path}"
    assert row(identifier).long_description == ""
    # The same person signs in again, in the session that keeps what was typed.
    kept = someone.client.session["kept_form"]
    person = get_user_model().objects.get(email=desk.publisher)
    someone.client.force_login(person)
    session = someone.client.session
    assert session["kept_form"] == kept
    page = someone.get(path).text
    assert "An hour of typing." in page
    assert "was not saved" in page
    assert "An hour of typing." not in someone.get(path).text
    # A form whose token is old comes back with what was typed as well.
    fields |= {"csrfmiddlewaretoken": "x" * 64, "longDescription": "Another hour."}
    assert someone.client.post(path, fields)["Location"] == path
    assert "Another hour." in someone.get(path).text


def test_what_was_typed_outlasts_lost_rights_and_a_reviewer_who_took_it_up(visitor, desk, tmp_path):
    from commonhold.server.organizations.models import Membership
    from commonhold.server.submissions.actions.review import request_edits, start

    someone, identifier = submitted(visitor, desk, tmp_path)
    path = f"/publish/{identifier}/edit"
    fields = {**hidden_fields(someone.get(path).text), **FIELDS, "longDescription": "Typed in vain?"}
    start(None, identifier)
    late = someone.client.post(path, fields)
    assert late["Location"] == f"/publish/{identifier}"
    assert "its state has changed" in someone.get(late["Location"]).text
    request_edits(None, identifier, "Mend it.")
    assert "Typed in vain?" in someone.get(path).text

    membership = Membership.objects.get(organization__slug=desk.organization, person__email=desk.publisher)
    Membership.objects.filter(pk=membership.pk).update(role="member")
    assert someone.client.post(path, fields).status_code == 403
    Membership.objects.filter(pk=membership.pk).update(role="publisher")
    assert "Typed in vain?" in someone.get(path).text


def test_nobody_else_can_make_the_site_keep_a_form(visitor, desk):
    someone, identifier = begin(visitor, desk.publisher)
    path = f"/publish/{identifier}/edit"
    mark = hidden_fields(someone.get(path).text)["mark"]
    thief = visitor()
    thief.get("/")
    fields = {"csrfmiddlewaretoken": token(thief), "mark": mark + "x", "longDescription": "Spam"}
    thief.client.post(path, fields)
    assert "kept_form" not in thief.client.session
    # Kept for one person, it is never shown to another.
    thief.client.post(path, {**fields, "mark": mark})
    from django.contrib.auth import get_user_model

    thief.client.force_login(get_user_model().objects.get(email=desk.owner))
    assert "Spam" not in thief.get(path).text


def test_what_somebody_else_saved_meanwhile_is_not_overwritten_unseen(visitor, desk):
    someone, identifier = begin(visitor, desk.publisher)
    path = f"/publish/{identifier}/edit"
    early = hidden_fields(someone.get(path).text)
    fill(visitor(desk.owner), identifier, longDescription="The owner's words.")
    late = someone.client.post(path, {**early, **FIELDS, "longDescription": "The publisher's words."})
    assert late.status_code == 409
    assert "The publisher&#x27;s words." in late.text
    assert row(identifier).long_description == "The owner's words."
    again = {**hidden_fields(late.text), **FIELDS, "longDescription": "The publisher's words."}
    assert someone.client.post(path, again).status_code == 302
    assert row(identifier).long_description == "The publisher's words."


def test_files_are_taken_only_as_they_should_be(visitor, desk, tmp_path):
    someone, identifier = begin(visitor, desk.publisher)
    someone.get(f"/publish/{identifier}")
    path = f"/publish/{identifier}/uploads"
    for body in (
        {"filename": "a.exe", "size": 5, "kind": "archive"}, {"filename": "../a.tar.gz", "size": 5, "kind": "archive"},
        {"filename": "a.tar.gz", "size": 0, "kind": "archive"}, {"filename": "a.tar.gz", "size": 1 << 41, "kind": "archive"},
        {"filename": "a.tar.gz", "size": True, "kind": "archive"}, {"filename": "a.tar.gz", "size": 5, "kind": "other"},
        {"filename": ["a"], "size": 5, "kind": "archive"}, {},
    ):  # fmt: skip
        answer = ask(someone, path, **body)
        assert answer.status_code == 400, body
        assert answer.json()["message"]
    for text in ("[]", "{", "nonsense", "[" * 100_000):
        raw = someone.client.post(
            path, text, content_type="application/json", headers={"X-CSRFToken": token(someone)}
        )
        assert raw.status_code == 400
    forged = someone.client.post(path, "{}", content_type="application/json")
    assert forged.status_code == 403
    begun = ask(someone, path, filename="a.tar.gz", size=5, kind="archive").json()
    assert {someone.get(path).status_code, someone.get(begun["parts_address"]).status_code} == {405}
    for numbers in ([], [0], [10_001], ["1"], [True], "1", list(range(1, 1002))):
        assert ask(someone, begun["parts_address"], numbers=numbers).status_code == 400
    for parts in ([], [[1]], [[1, 2]], [["1", "a"]], "x", [[1, "e" * 300]]):
        assert ask(someone, begun["address"], parts=parts).status_code == 400
    assert ask(someone, begun["address"], parts=[[1, "e"]]).status_code == 400

    page = someone.get(f"/publish/{identifier}").text
    assert "Not all of it has arrived" in page
    someone.post(f"{begun['address']}/end", form_at=f"/publish/{identifier}")
    assert someone.get(begun["address"]).status_code == 410
    # The address of the store, and no other, is open to the page's script.
    policy = someone.get(f"/publish/{identifier}")["Content-Security-Policy"]
    (allowed,) = [part for part in policy.split("; ") if part.startswith("connect-src")]
    assert allowed == "connect-src 'self' http://localhost:8001"


def test_the_policy_opens_to_the_public_address_of_an_s3_and_to_nothing_else(visitor, desk, monkeypatch):
    import dataclasses

    from django.conf import settings

    from commonhold.server.storage import store

    someone, identifier = begin(visitor, desk.publisher)
    bucket = dataclasses.replace(
        settings.ENVIRONMENT, storage_url="s3://bucket/prefix", s3_endpoint_url="http://10.0.0.1:8333",
        s3_public_endpoint_url="https://s3.example.org", s3_access_key_id="key", s3_secret_access_key="secret",
    )  # fmt: skip
    monkeypatch.setattr(store, "site_environment", lambda: bucket)
    store._reached_at.cache_clear()
    try:
        policy = someone.get(f"/publish/{identifier}")["Content-Security-Policy"]
    finally:
        store._reached_at.cache_clear()
    assert "connect-src 'self' https://s3.example.org;" in f"{policy};"
    assert "10.0.0.1" not in policy


def test_a_preview_is_the_page_as_it_will_look(visitor, desk):
    someone, identifier = begin(visitor, desk.publisher)
    fill(someone, identifier, shortDescription="Hello <b>there</b>", showContactInfo="on")
    page = someone.get(f"/publish/{identifier}/preview")
    assert page.status_code == 200
    assert "This is a preview" in page.text
    assert "Hello &lt;b&gt;there" in page.text
    assert "ada@example.org" in page.text
    assert "CC-BY-4.0" in page.text


def test_a_published_dataset_is_edited_live_followed_and_taken_down(visitor, desk, tmp_path, letters):
    from commonhold.server.submissions.actions.review import approve

    someone, identifier = submitted(visitor, desk, tmp_path)
    dataset = approve(None, identifier).dataset
    page = someone.get(f"/publish/{identifier}/edit").text
    assert 'name="restrictions"' not in page
    assert 'name="isPaid"' not in page
    live = someone.post(
        f"/publish/{identifier}/edit", name="Renamed live", longDescription="New.", visibility="public", do="save",
        locale="en", task="NLP", format="TSV", pointOfContactFullName="Ada", pointOfContactEmail="ada@example.org",
    )  # fmt: skip
    assert live.status_code == 302
    assert "Renamed live" in visitor().get(f"/datasets/{dataset.public_id}").text

    version = send(someone, identifier, archive(tmp_path, "second.tar.gz", b"more\n"), notes="More of them.")
    verify(version)
    page = visitor().get(f"/datasets/{dataset.public_id}").text
    assert "Version 2" in page
    assert "More of them." in page

    revision = someone.post(f"/publish/changes/{dataset.public_id}", form_at=f"/publish/{identifier}")
    again = someone.post(f"/publish/changes/{dataset.public_id}", form_at=f"/publish/{identifier}")
    assert row(revision["Location"].split("/")[2]).dataset_id == dataset.pk
    assert again["Location"].split("/")[2] == revision["Location"].split("/")[2]

    path = f"/publish/{identifier}/take-down"
    assert someone.get(path).status_code == 403
    owner = visitor(desk.owner)
    assert owner.post(path, reason="").status_code == 400
    assert owner.post(path, reason="A mistake in the consent.").status_code == 400
    assert owner.post(path, reason="A mistake in the consent.", sure="yes").status_code == 302
    gone = visitor().get(f"/datasets/{dataset.public_id}")
    assert gone.status_code == 410
    assert "A mistake in the consent." in gone.text


def test_a_publisher_learns_of_downloaders_what_these_were_told(visitor, desk, make, tmp_path):
    from commonhold.server.access.models import AccessRecord, AccessRequest
    from commonhold.server.accounts.models import Person
    from commonhold.server.kit import clock
    from commonhold.server.submissions.actions.review import approve

    someone, identifier = submitted(visitor, desk, tmp_path)
    dataset = approve(None, identifier).dataset
    asked, silent = (make.person(None, name=name, password=None)[0] for name in ("=Asked()", "Silent"))
    make.load()
    for address in (asked, silent):
        person = Person.objects.get(email=address)
        AccessRecord.objects.create(
            person=person.pk, organization=person.personal_organization.pk, dataset=dataset.pk,
            size_bytes=5, expires_at=clock.now(),
        )  # fmt: skip
    AccessRequest.objects.create(dataset=dataset, person=Person.objects.get(email=asked), status="approved")
    page = someone.get(f"/publish/{identifier}/downloads").text
    assert "2 downloads" in page
    assert asked in page
    assert silent not in page
    table = someone.get(f"/publish/{identifier}/downloads.csv")
    assert "'=Asked()" in table.text
    assert silent not in table.text
    assert table["Content-Type"].startswith("text/csv")


def test_a_deleted_submission_says_that_it_is_gone_and_deleting_is_asked_first(visitor, desk):
    someone, identifier = begin(visitor, desk.publisher)
    assert "Yes, delete it" in someone.get(f"/publish/{identifier}/delete").text
    assert row(identifier).deleted_at is None
    assert someone.post(f"/publish/{identifier}/delete")["Location"] == "/publish"
    assert someone.get(f"/publish/{identifier}").status_code == 410
    assert NAME not in re.sub(r'<div class="frame messages".*?</div>', "", someone.get("/publish").text)


ROUTES = (
    "", "/edit", "/preview", "/submit", "/withdraw", "/delete", "/talk", "/downloads", "/downloads.csv", "/take-down",
    "/files", "/uploads", "/uploads/nothing", "/uploads/nothing/parts", "/uploads/nothing/end",
)  # fmt: skip


def test_others_cannot_tell_a_submission_from_nothing(visitor, desk):
    _, identifier = begin(visitor, desk.publisher)
    expected = {"stranger": 404, "reviewer": 404, "member": 403}
    for role, status in expected.items():
        other = visitor(getattr(desk, role))
        other.get("/publish")
        other.get("/language")
        for route in ROUTES:
            path = f"/publish/{identifier}{route}"
            assert token_of(other)
            data = {"csrfmiddlewaretoken": token_of(other)}
            answer = other.client.post(path, data)
            assert answer.status_code in {status, 405}, (role, path, answer.status_code)
            if route not in {"/withdraw", "/uploads/nothing/end"}:
                assert other.get(path).status_code in {status, 405}, (role, path)
    assert row(identifier).status == "draft"
    assert row(identifier).deleted_at is None
    for route in ROUTES:
        answer = visitor().get(f"/publish/{identifier}{route}")
        assert answer.status_code in {302, 401, 405}, route
        assert answer.status_code != 302 or answer["Location"].startswith(
            ("/sign-in", f"/publish/{identifier}")
        )
    assert visitor(desk.member).get("/publish/new").status_code == 403


def token_of(someone: Any) -> str:
    page = someone.get("/").text
    return hidden_fields(page)["csrfmiddlewaretoken"]
