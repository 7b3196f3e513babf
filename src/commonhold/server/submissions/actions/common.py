"""What every action on a submission does first and last."""

from typing import Any

from commonhold.server.accounts.models import Person
from commonhold.server.audit.actions import record
from commonhold.server.kit import clock
from commonhold.server.kit.viewer import Viewer
from commonhold.server.organizations.models import Membership
from commonhold.server.submissions import rules
from commonhold.server.submissions.fields import FIELDS
from commonhold.server.submissions.models import Submission
from commonhold.server.submissions.translations import TRANSLATED, Written


def locked(public_id: str) -> Submission:
    """Return a submission, held against everybody else until the transaction ends.

    Raises:
        Refused: there is none, or it was deleted; for whom that is told, ``require`` decides.
    """
    submission = (
        Submission.objects.select_for_update(of=("self",))
        .select_related("organization")
        .filter(public_id=public_id)
        .first()
    )
    if submission is None:
        raise rules.NOT_FOUND
    return submission


def own(viewer: Viewer | None, public_id: str) -> Submission:
    """Return a submission that the viewer handles as its publisher, locked.

    Raises:
        Refused: there is none, it is another's, or it was deleted.
    """
    submission = locked(public_id)
    if viewer is not None:
        refuse(rules.handle(viewer, submission.organization_id))
    if submission.deleted_at is not None:
        raise rules.GONE
    return submission


def refuse(refusal: rules.Refused | None) -> None:
    """Raise a refusal, if it is one."""
    if refusal is not None:
        raise refusal


def fields_of(submission: Submission) -> dict[str, Any]:
    """Return every field that its publisher fills in, by column."""
    return {field.column: getattr(submission, field.column) for field in FIELDS}


def texts_of(submission: Submission) -> Written:
    """Return its translated texts, in every language."""
    plain = {field.column: getattr(submission, field.column) for field in TRANSLATED}
    return Written(submission.text_locale, plain, submission.translations)


def save(submission: Submission, *names: str) -> None:
    """Write these columns, and when that was."""
    submission.updated_at = clock.now()
    submission.save(update_fields=[*names, "updated_at"])


def note(viewer: Viewer | None, verb: str, submission: Submission, **details: Any) -> None:
    """Write a line of the trail about a submission."""
    record(viewer, f"submissions.{verb}", "submission", submission.public_id, **details)


def review_facts(viewer: Viewer, submission: Submission) -> rules.ReviewFacts:
    """Return what decides whether the viewer may review: asked of all their memberships, not of one key's."""
    members = Membership.objects.filter(organization_id=submission.organization_id)
    reviewers = Person.objects.filter(is_active=True, is_reviewer=True)
    others = reviewers.exclude(pk=viewer.person).exclude(pk__in=members.values("person_id"))
    return rules.ReviewFacts(
        is_member=members.filter(person_id=viewer.person).exists(), has_others=others.exists()
    )
