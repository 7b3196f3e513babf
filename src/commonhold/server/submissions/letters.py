"""What publishers and reviewers are told by mail. Each letter is a job of the transaction that makes it necessary."""

from commonhold.server.accounts.models import Person
from commonhold.server.config.environment import environment
from commonhold.server.mail.actions import send_later
from commonhold.server.submissions import states
from commonhold.server.submissions.models import Comment, Submission, Upload

_MOST_REVIEWERS = 100
_CLOSING = "You get this message because you publish on this site."

_DECISIONS = {
    states.APPROVED: ("is published", "It was approved, and can be found and downloaded now."),
    states.REJECTED: ("was rejected", "It was rejected. The reviewer writes:"),
    states.EDITS_REQUESTED: (
        "needs changes",
        "The reviewer asks for changes. Make them and submit it again:",
    ),
}


def tell_author(submission: Submission) -> None:
    """Tell the publisher what was decided."""
    subject, text = _DECISIONS[submission.status]
    parts = [f"Your submission “{submission.name}”:", text]
    if submission.review_note:
        parts.append(submission.review_note)
    page = (
        f"/datasets/{submission.dataset.public_id}"
        if submission.status == states.APPROVED and submission.dataset
        else _page(submission)
    )
    _write(submission.author, f"“{submission.name}” {subject}", [*parts, _address(page), _CLOSING])


def tell_of_rejected_file(submission: Submission, upload: Upload) -> None:
    """Tell the publisher why a file cannot be published, and that another can be sent."""
    reasons = [f"- {reason}" for reason in upload.reasons]
    parts = [
        f"The file {upload.filename}, which you sent for “{submission.name}”, cannot be published:",
        "\n".join(reasons),
        "Send another file for the same submission; nothing else needs to be done again.",
        _address(_page(submission)),
        _CLOSING,
    ]
    _write(upload.author or submission.author, f"A file of “{submission.name}” cannot be published", parts)


def tell_of_version(submission: Submission, upload: Upload) -> None:
    """Tell the publisher that a new version is live."""
    if upload.version is None or submission.dataset is None:
        return
    text = f"Version {upload.version.number} of “{submission.name}” was verified and is published now."
    page = _address(f"/datasets/{submission.dataset.public_id}")
    _write(upload.author or submission.author, f"“{submission.name}”: new version", [text, page, _CLOSING])


def tell_reviewers(submission: Submission) -> None:
    """Tell those who may review a submission that it waits."""
    people = Person.objects.filter(is_reviewer=True, is_active=True).exclude(
        memberships__organization_id=submission.organization_id
    )
    if not people.exists():
        people = Person.objects.filter(is_reviewer=True, is_active=True)
    text = f"“{submission.name}” waits for review."
    closing = "You get this message because you are a reviewer of this site."
    for person in people[:_MOST_REVIEWERS]:
        _write(person.pk, f"For review: “{submission.name}”", [text, _address(_page(submission)), closing])


def tell_of_comment(submission: Submission, said: Comment) -> None:
    """Tell the other side of a remark: the author what a reviewer says, the reviewer what a publisher says."""
    to = submission.reviewed_by if said.author == submission.author else submission.author
    if to is None or to == said.author:
        return
    parts = [f"About “{submission.name}”:", said.text, _address(_page(submission))]
    _write(to, f"A remark about “{submission.name}”", parts)


def _write(person: int | None, subject: str, parts: list[str]) -> None:
    found = Person.objects.filter(pk=person, is_active=True).first() if person else None
    if found is not None:
        send_later(found.email, subject, "\n\n".join(part for part in parts if part))


def _page(submission: Submission) -> str:
    return f"/profile/submissions/{submission.public_id}"


def _address(path: str) -> str:
    # Without an address of its own, the site does not know from here how people reach it.
    site = environment().base_url
    return f"{site}{path}" if site else ""
