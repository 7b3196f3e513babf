"""What publishers and reviewers are told by mail, each in their own language, and each a job of what it tells of."""

from commonhold.server.accounts.models import Person
from commonhold.server.catalogue.models import DatasetVersion
from commonhold.server.config.environment import environment
from commonhold.server.kit.translation import pick
from commonhold.server.mail.actions import write_later
from commonhold.server.submissions import states
from commonhold.server.submissions.models import Comment, Submission, Upload
from commonhold.server.submissions.translations import Written

_MOST_REVIEWERS = 100


def tell_author(submission: Submission) -> None:
    """Tell the publisher what was decided."""
    is_published = submission.status == states.APPROVED and submission.dataset is not None
    _write(
        _person(submission.author),
        "decided",
        submission,
        address=_dataset_page(submission) if is_published else _page(submission),
        status=submission.status,
        note=submission.review_note,
    )


def tell_of_rejected_file(submission: Submission, upload: Upload) -> None:
    """Tell the publisher why a file cannot be published, and that another can be sent.

    The reasons are in the words in which they were written down: those of whoever read the file.
    """
    _write(
        _person(upload.author or submission.author),
        "file_rejected",
        submission,
        address=_page(submission),
        filename=upload.filename,
        reasons=upload.reasons,
    )


def tell_of_version(submission: Submission, upload: Upload, version: DatasetVersion) -> None:
    """Tell the publisher that what they sent is live, as a new version."""
    to = _person(upload.author or submission.author)
    _write(to, "version", submission, address=_dataset_page(submission), number=version.number)


def tell_reviewers(submission: Submission) -> None:
    """Tell those who may review a submission that it waits."""
    people = Person.objects.filter(is_reviewer=True, is_active=True).exclude(
        memberships__organization_id=submission.organization_id
    )
    if not people.exists():
        people = Person.objects.filter(is_reviewer=True, is_active=True)
    for person in people[:_MOST_REVIEWERS]:
        _write(person, "waits", submission, address=_page(submission))


def tell_of_comment(submission: Submission, said: Comment) -> None:
    """Tell the other side of a remark: the author what a reviewer says, the reviewer what a publisher says."""
    to = submission.reviewed_by if said.author == submission.author else submission.author
    if to != said.author:
        _write(_person(to), "remark", submission, address=_page(submission), said=said.text)


def _write(
    person: Person | None, letter: str, submission: Submission, *, address: str, **context: object
) -> None:
    if person is None:
        return
    texts = Written(submission.text_locale, {"name": submission.name}, submission.translations).texts("name")
    name = pick(texts, person.locale, submission.text_locale) or submission.name
    # Without an address of its own, the site does not know from here how people reach it.
    site = environment().base_url
    context |= {"name": name, "address": f"{site}{address}" if site else ""}
    write_later(person.email, person.locale, f"submissions/letters/{letter}", **context)


def _person(row: int | None) -> Person | None:
    return Person.objects.filter(pk=row, is_active=True).first() if row else None


def _page(submission: Submission) -> str:
    return f"/profile/submissions/{submission.public_id}"


def _dataset_page(submission: Submission) -> str:
    return f"/datasets/{submission.dataset.public_id}" if submission.dataset else _page(submission)
