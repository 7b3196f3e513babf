"""Reporting a dataset, from the form on its page to the operator's answer."""

import pytest

from tests.server.web.test_operator_desk import dataset_of, last_entry, operator, person_of  # noqa: F401
from tests.support.mail import told
from tests.support.site import unique


@pytest.fixture(autouse=True)
def fresh_limits(database):
    from commonhold.server.limits import limiter

    limiter._limiter.cache_clear()


def report_of(slug):
    from commonhold.server.reports.models import Report

    return Report.objects.get(dataset__slug=slug)


def test_a_stranger_reports_and_the_dataset_is_withheld(visitor, house, operator):  # noqa: F811
    home, words, address = house(), unique("words"), f"{unique('reporter')}@example.org"
    path = f"/datasets/{home.dataset}/report"
    assert path in visitor().get(f"/datasets/{home.dataset}").text.replace(
        dataset_of(home.dataset).public_id, home.dataset
    )
    stranger = visitor(**{"accept-language": "fr"})
    sent = stranger.post(path, kind="copyright", message=words, email=address)
    assert sent.status_code == 302
    assert 'class="message success"' in stranger.get(sent["Location"]).text
    report = report_of(home.dataset)
    assert (report.person, report.email, report.locale, report.status) == (None, address, "fr", "open")
    assert last_entry("reports.sent").object_id == dataset_of(home.dataset).public_id
    assert any(str(report.public_id) in letter["text"] for letter in told(operator))
    desk = visitor(operator)
    assert words in desk.get("/operate/reports").text
    one = f"/operate/reports/{report.public_id}"
    assert desk.post(one, status="withheld", reason=" ").status_code == 400
    assert desk.post(one, status="withheld", reason="A claim was filed.").status_code == 302
    assert visitor().get(f"/datasets/{home.dataset}").status_code == 451
    (answer,) = told(address)
    (notice,) = told(home.publisher)
    for letter in (answer, notice):
        assert "A claim was filed." in letter["text"]
    assert address not in notice["text"]
    assert words not in notice["text"]
    again = desk.client.post(one, {"status": "removed", "reason": "No.", **token_of(desk, "/operate/site")})
    assert again.status_code == 302
    assert dataset_of(home.dataset).status == "withheld"
    assert "A claim was filed." in desk.get(one).text
    entry = last_entry("reports.withheld")
    assert (entry.actor, entry.details["report"]) == (person_of(operator).pk, report.public_id)


def token_of(who, path):
    from tests.server.web.conftest import hidden_fields

    return {"csrfmiddlewaretoken": hidden_fields(who.get(path).text)["csrfmiddlewaretoken"]}


@pytest.mark.parametrize(
    ("decision", "status", "code"), [("removed", "removed", 410), ("dismissed", "published", 200)]
)
def test_a_report_is_answered_by_removal_or_dismissal(visitor, house, operator, decision, status, code):  # noqa: F811
    home = house()
    visitor(home.reader).post(
        f"/datasets/{home.dataset}/report", kind="personal_data", message="My name is in it."
    )
    report = report_of(home.dataset)
    assert (report.person, report.email) == (person_of(home.reader).pk, home.reader)
    visitor(operator).post(f"/operate/reports/{report.public_id}", status=decision, reason="We looked at it.")
    assert visitor().get(f"/datasets/{home.dataset}").status_code == code
    assert dataset_of(home.dataset).status == status
    assert len(told(home.reader)) == 1
    assert len(told(home.publisher)) == 1


def test_bad_input_is_refused_beside_the_field_with_everything_kept(visitor, house):
    home = house()
    path = f"/datasets/{home.dataset}/report"
    for wrong in (
        {"kind": "abuse", "message": "Kept <words>.", "email": "no address"},
        {"kind": "unheard-of", "message": "Kept <words>."},
        {"message": "Kept <words>."},
        {"kind": "other", "message": "Kept <words>." + "x" * 5000},
    ):
        answer = visitor().post(path, **wrong)
        assert answer.status_code == 400
        assert 'class="mistake"' in answer.text
        assert "Kept &lt;words&gt;." in answer.text
    assert not dataset_of(home.dataset).reports.exists()


def test_reports_are_limited_and_doubles_are_one(visitor, house):
    home = house()
    path, somebody = f"/datasets/{home.dataset}/report", visitor()
    for _ in range(3):
        assert somebody.post(path, kind="other", message="The same.").status_code == 302
    assert dataset_of(home.dataset).reports.count() == 1
    for number in range(9):
        assert somebody.post(path, kind="other", message=f"Number {number}.").status_code == 302
    refused = visitor().post(path, kind="other", message="One more.")
    assert refused.status_code == 429
    assert int(refused["Retry-After"]) > 0
    assert "One more." in refused.text
    assert visitor(home.reader).post(path, kind="other", message="A person's own.").status_code == 302
    assert dataset_of(home.dataset).reports.count() == 11


def test_reports_tell_nobody_of_private_datasets(visitor, house):
    home = house(visibility="private")
    path = f"/datasets/{home.dataset}/report"
    for who in (None, home.reader):
        assert visitor(who).get(path).status_code == 404
        assert visitor(who).post(path, form_at="/", kind="other", message="x").status_code == 404
        assert (
            visitor(who).post("/datasets/no-such/report", form_at="/", kind="other", message="x").status_code
            == 404
        )
    assert visitor(home.publisher).get(path).status_code == 200
    gone = house(status="removed", removed_reason="Away.")
    assert visitor().get(f"/datasets/{gone.dataset}/report").status_code == 410


def test_only_operators_answer_and_read(house):
    from commonhold.server.kit.viewer import Viewer
    from commonhold.server.reports import actions, queries

    home, somebody = house(), Viewer(person=1, site_roles=frozenset({"reviewer"}))
    report, _ = actions.send(
        somebody,
        dataset_of(home.dataset).pk,
        kind="abuse",
        message="x",
        email="",
        locale="en-US",
        address="192.0.2.9",
    )
    with pytest.raises(PermissionError):
        actions.answer(somebody, report.public_id, "dismissed", "No.")
    assert queries.reports(somebody, limit=10) == []
    assert queries.report(somebody, report.public_id) is None
    assert queries.others_about(somebody, report) == []
    assert queries.count_open(somebody) == 0


def test_who_leaves_is_forgotten_by_their_reports(house):
    from commonhold.server.kit.viewer import ANONYMOUS, Viewer
    from commonhold.server.reports.actions import forget_sender, send

    home, gone, stays = house(), f"{unique('gone')}@example.org", f"{unique('stays')}@example.org"
    dataset = dataset_of(home.dataset)
    for viewer, email in ((Viewer(person=2**40), "a@example.org"), (ANONYMOUS, gone), (ANONYMOUS, stays)):
        send(
            viewer, dataset.pk, kind="other", message=email, email=email, locale="en-US", address="192.0.2.7"
        )
    forget_sender(2**40, [gone])
    kept = dataset.reports.order_by("pk").values_list("person", "email", "message")
    assert list(kept) == [(None, "", "a@example.org"), (None, "", gone), (None, stays, stays)]
