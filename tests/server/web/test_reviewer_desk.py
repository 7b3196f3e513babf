"""The reviewer's desk: the queue, what changes, what is in the files, decisions that reach the publisher, remarks."""

import re

import pytest

from tests.server.web.test_publisher_desk import (
    NAME,
    Desk,
    archive,
    desk,
    fill,
    row,
    send,
    submitted,
    token_of,
    verify,
)

__all__ = ["desk"]


def decide(reviewer, identifier, decision, **more):
    return reviewer.post(
        f"/review/{identifier}/decide", form_at=f"/review/{identifier}", decision=decision, **more
    )


def test_asking_for_edits_reaches_the_publisher_who_mends_and_is_approved(
    visitor, desk: Desk, tmp_path, letters
):
    someone, identifier = submitted(visitor, desk, tmp_path)
    reviewer = visitor(desk.reviewer)
    queue = reviewer.get("/review").text
    assert NAME in queue
    page = reviewer.get(f"/review/{identifier}").text
    assert "What people say when they meet." in page
    assert "Not scanned for viruses" in page
    assert desk.publisher in page

    assert f'href="/review/{identifier}"' in reviewer.get(f"/review/{identifier}?preview=yes").text

    assert decide(reviewer, identifier, "start").status_code == 302
    assert row(identifier).status == "in_review"
    refused = someone.get(f"/publish/{identifier}/edit")
    assert refused.status_code == 302
    silent = decide(reviewer, identifier, "edits", note=" ")
    assert silent.status_code == 400
    assert 'id="note-mistake"' in silent.text
    assert row(identifier).status == "in_review"
    page = reviewer.get(f"/review/{identifier}").text
    for _ in range(2):
        assert decide(reviewer, identifier, "edits", note="Say who <consented>.").status_code == 302
    assert row(identifier).status == "edits_requested"
    del page
    desk_page = someone.get(f"/publish/{identifier}").text
    assert "Say who &lt;consented&gt;." in desk_page
    assert "Say who &lt;consented&gt;." in someone.get(f"/publish/{identifier}/edit").text

    assert fill(someone, identifier, ethicalReviewProcess="Everyone did.").status_code == 302
    assert someone.post(f"/publish/{identifier}/submit", agree="yes").status_code == 302
    assert decide(reviewer, identifier, "approve")["Location"] == "/review"
    dataset = row(identifier).dataset
    assert NAME in visitor().get(f"/datasets/{dataset.public_id}").text
    # Decided already: the late click changes nothing and says so.
    late = decide(reviewer, identifier, "reject", note="Too late.")
    assert late["Location"] == f"/review/{identifier}"
    assert row(identifier).status == "approved"


def test_rejecting_takes_a_reason(visitor, desk, tmp_path):
    someone, identifier = submitted(visitor, desk, tmp_path)
    reviewer = visitor(desk.reviewer)
    assert decide(reviewer, identifier, "reject", note="x" * 7501).status_code == 400
    assert decide(reviewer, identifier, "reject", note="Not ours to share.").status_code == 302
    assert "Not ours to share." in someone.get(f"/publish/{identifier}").text
    assert row(identifier).status == "rejected"


def test_what_was_sent_is_listed_page_by_page(visitor, desk, tmp_path):
    import io
    import tarfile

    from commonhold.server.web.pages.review.decisions import MEMBERS_A_PAGE

    someone, identifier = submitted(visitor, desk, tmp_path)
    path = tmp_path / "many.tar.gz"
    with tarfile.open(path, "w:gz") as file:
        for number in range(MEMBERS_A_PAGE + 3):
            info = tarfile.TarInfo(f"data/<{number}>.txt")
            info.size = 1
            file.addfile(info, io.BytesIO(b"a"))
    someone.post(f"/publish/{identifier}/withdraw", form_at=f"/publish/{identifier}")
    upload = send(someone, identifier, path)
    address = f"/review/{identifier}/files/{upload}"
    reviewer = visitor(desk.reviewer)
    assert "It was not read yet." in reviewer.get(address).text
    verify(upload)
    first = reviewer.get(address).text
    assert "data/&lt;0&gt;.txt" in first
    assert f"{MEMBERS_A_PAGE + 3} members" in first
    second = reviewer.get(f"{address}?page=2").text
    assert f"data/&lt;{MEMBERS_A_PAGE + 2}&gt;.txt" in second
    assert reviewer.get(f"{address}?page=99")["Location"].endswith("?page=2")


def test_changes_of_a_published_dataset_are_shown_word_by_word(visitor, desk, tmp_path):
    from commonhold.server.submissions.actions.review import approve

    someone, identifier = submitted(visitor, desk, tmp_path)
    dataset = approve(None, identifier).dataset
    made = someone.post(f"/publish/changes/{dataset.public_id}", form_at=f"/publish/{identifier}")
    revision = made["Location"].split("/")[2]
    assert (
        fill(someone, revision, forbiddenUsage="Harm or fraud.", licenseAbbreviation="MIT").status_code == 302
    )
    someone.post(f"/publish/{revision}/submit", agree="yes")
    page = visitor(desk.reviewer).get(f"/review/{revision}").text
    assert re.search(r"Harm<ins> or fraud</ins>\.", page)
    assert re.search(r"<del>CC.*?</del><ins>MIT</ins>", page)
    changed = page.split("What it changes")[1].split("</section>")[0]
    assert "Restrictions" not in changed


def test_a_new_version_that_awaits_review_is_released_or_turned_down(visitor, desk, tmp_path):
    from commonhold.server.organizations.models import Organization
    from commonhold.server.submissions.actions.policy import set_review_of_versions
    from commonhold.server.submissions.actions.review import approve
    from commonhold.server.submissions.models import Upload

    someone, identifier = submitted(visitor, desk, tmp_path)
    dataset = approve(None, identifier).dataset
    set_review_of_versions(None, Organization.objects.get(slug=desk.organization), needed=True)
    reviewer = visitor(desk.reviewer)
    for decision, release in (("turn-down", "turned_down"), ("release", "released")):
        upload = send(someone, identifier, archive(tmp_path, f"{decision}.tar.gz", decision.encode()))
        verify(upload)
        assert "New versions" in reviewer.get("/review").text
        held = reviewer.get(f"/review/{identifier}/files/{upload}").text
        assert "Against version 1" in held
        assert "1 member has another size" in held
        path, here = f"/review/{identifier}/files/{upload}/decide", f"/review/{identifier}"
        if decision == "turn-down":
            silent = reviewer.post(path, form_at=here, decision=decision)
            assert silent.status_code == 400
            assert 'id="version-mistake"' in silent.text
        assert reviewer.post(path, form_at=here, decision=decision, note="No.")["Location"] == "/review"
        assert reviewer.post(path, form_at=here, decision=decision, note="No.").status_code == 302
        assert Upload.objects.get(public_id=upload).release == release
    assert "data.txt" in reviewer.get(f"/review/{identifier}/files/{upload}").text
    dataset.refresh_from_db()
    assert dataset.current_version.number == 2


def test_nobody_reviews_their_own_organization_while_there_is_another_reviewer(visitor, desk, make, tmp_path):
    from commonhold.server.accounts.models import Person

    _, identifier = submitted(visitor, desk, tmp_path)
    Person.objects.filter(email=desk.owner).update(is_reviewer=True)
    own = visitor(desk.owner)
    page = own.get(f"/review/{identifier}").text
    assert "Nobody reviews a submission of their own organization" in page
    assert 'value="approve"' not in page
    own.client.post(
        f"/review/{identifier}/decide", {"decision": "approve", "csrfmiddlewaretoken": token_of(own)}
    )
    assert row(identifier).status == "submitted"
    assert "Your own organization" in own.get("/review").text


def test_remarks_reach_whom_they_are_for_and_nobody_else(visitor, desk, tmp_path):
    someone, identifier = submitted(visitor, desk, tmp_path)
    reviewer = visitor(desk.reviewer)
    here = f"/review/{identifier}"
    assert reviewer.post(f"{here}/talk", form_at=here, text="").status_code == 400
    reviewer.post(f"{here}/talk", form_at=here, text="Among us.", to="reviewers")
    for _ in range(2):
        reviewer.post(f"{here}/talk", form_at=here, text="A <question>.", to="publisher")
    seen = someone.get(f"/publish/{identifier}").text
    assert "Among us." not in seen
    assert seen.count("A &lt;question&gt;.") == 1
    someone.post(f"/publish/{identifier}/talk", form_at=f"/publish/{identifier}", text="An answer.")
    page = reviewer.get(here).text
    assert "An answer." in page
    assert "Among us." in page
    assert "Only reviewers see this" in page


@pytest.mark.parametrize("role", ["publisher", "owner", "member", "stranger"])
def test_the_desk_is_nowhere_for_all_but_reviewers(visitor, desk, tmp_path, role):
    _, identifier = submitted(visitor, desk, tmp_path)
    upload = row(identifier).archive.public_id
    other = visitor(getattr(desk, role))
    data = {"decision": "approve", "text": "Hello", "csrfmiddlewaretoken": token_of(other)}
    for path in ("", "/decide", "/talk", f"/files/{upload}", f"/files/{upload}/decide"):
        address = f"/review/{identifier}{path}"
        if not path.endswith("decide") or path == "/decide":
            assert other.get(address).status_code == 404, address
        assert other.client.post(address, data).status_code in {404, 405}, address
    assert other.get("/review").status_code == 404
    assert visitor().get(f"/review/{identifier}")["Location"].startswith("/sign-in")
    assert row(identifier).status == "submitted"


def test_letters_lead_each_to_their_own_desk(visitor, desk, tmp_path):
    someone, identifier = submitted(visitor, desk, tmp_path)
    path = f"/profile/submissions/{identifier}"
    assert someone.get(path)["Location"] == f"/publish/{identifier}"
    assert visitor(desk.reviewer).get(path)["Location"] == f"/review/{identifier}"
