"""Whether an organization's new versions wait for a reviewer: operators say so, owners see it, and it holds."""

import pytest

from tests.server.web.test_publisher_desk import NAME, archive, desk, send, submitted, verify
from tests.support.mail import told

__all__ = ["desk"]

WAITS, AT_ONCE = "then waits for a reviewer.", "then goes live at once."


@pytest.fixture
def operator(make):
    address, _ = make.person(make.organization(), "owner", roles=["operator"], password=None)
    make.load()
    return address


def _entries(organization):
    from commonhold.server.audit.models import Entry

    return Entry.objects.filter(action="submissions.policy_set", object_id=organization).order_by("pk")


def test_an_operator_has_new_versions_reviewed(visitor, desk, operator, tmp_path):
    from commonhold.server.submissions.actions.review import approve

    someone, identifier = submitted(visitor, desk, tmp_path)
    dataset = approve(None, identifier).dataset
    address = f"/datasets/{dataset.public_id}"
    settings, page = (
        f"/organizations/{desk.organization}/settings",
        f"/operate/organizations/{desk.organization}",
    )
    who, owner = visitor(operator), visitor(desk.owner)
    assert AT_ONCE in owner.get(settings).text

    wrong = who.post(page, can_publish="on", review_new_versions="on", downloads="many")
    assert wrong.status_code == 400
    assert 'name="review_new_versions" id="id_review_new_versions" checked' in wrong.text
    assert not _entries(desk.organization)
    for _again in range(2):
        assert who.post(page, can_publish="on", review_new_versions="on").status_code == 302
    assert [entry.details for entry in _entries(desk.organization)] == [{"review_new_versions": True}]
    assert 'name="review_new_versions" id="id_review_new_versions" checked' in who.get(page).text
    assert WAITS in owner.get(settings).text
    assert WAITS in someone.get(f"/publish/{identifier}").text

    upload = send(someone, identifier, archive(tmp_path, "second.tar.gz", b"more\n"))
    verify(upload)
    assert "Version 2" not in visitor().get(address).text
    # Who says otherwise later does not let through what waits already.
    assert who.post(page, can_publish="on").status_code == 302
    assert "Version 2" not in visitor().get(address).text
    third = send(someone, identifier, archive(tmp_path, "third.tar.gz", b"even more\n"))
    verify(third)
    assert "Version 2" in visitor().get(address).text
    reviewer, form = visitor(desk.reviewer), f"/review/{identifier}/files/{upload}"
    assert reviewer.post(f"{form}/decide", form_at=form, decision="release").status_code == 302
    assert "Version 3" in visitor().get(address).text
    subjects = [letter["subject"].strip() for letter in told(desk.publisher)]
    assert subjects.count(f"New version of “{NAME}”") == 2


def test_owners_and_reviewers_cannot_say_so_themselves(visitor, desk):
    from commonhold.server.kit.viewer import OWNER, REVIEWER, SCOPES, Viewer
    from commonhold.server.organizations.actions import NotAllowedError
    from commonhold.server.organizations.models import Organization
    from commonhold.server.submissions.actions.policy import set_review_of_versions
    from commonhold.server.submissions.queries import versions_wait

    row = Organization.objects.get(slug=desk.organization)
    set_review_of_versions(None, row, needed=True)
    settings = f"/organizations/{desk.organization}/settings"
    for address in (desk.owner, desk.reviewer):
        who = visitor(address)
        who.client.handler.enforce_csrf_checks = False
        assert who.client.post(f"/operate/organizations/{row.slug}", {"can_publish": "on"}).status_code == 404
    assert visitor(desk.owner).post(settings, name="Renamed", review_new_versions="").status_code == 302
    owner = Viewer(1, row.pk, {row.pk: OWNER}, frozenset({REVIEWER}), frozenset(SCOPES))
    with pytest.raises(NotAllowedError):
        set_review_of_versions(owner, row, needed=False)
    assert versions_wait(row.pk)


def test_what_cannot_publish_has_no_such_setting(visitor, make, operator):
    from commonhold.server.accounts.models import Person

    reader, _ = make.person(None, password=None)
    make.load()
    personal = Person.objects.get(email=reader).personal_organization
    page = visitor(operator).get(f"/operate/organizations/{personal.slug}").text
    assert "review_new_versions" not in page
