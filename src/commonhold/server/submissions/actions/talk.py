"""What publishers and reviewers say to each other about a submission, and reviewers among themselves."""

from django.db import transaction

from commonhold.server.kit.viewer import Viewer
from commonhold.server.submissions import letters, rules
from commonhold.server.submissions.actions.common import locked, note, refuse
from commonhold.server.submissions.models import Comment

LONGEST_COMMENT = 7500
MOST_COMMENTS = 1000


@transaction.atomic
def comment(viewer: Viewer, public_id: str, text: str, *, is_internal: bool = False) -> Comment:
    """Say something about a submission. The same remark twice in a row is one remark.

    Args:
        viewer: one of its publishers, or a reviewer.
        public_id: of the submission.
        text: what to say.
        is_internal: only reviewers see it.

    Raises:
        Refused: the submission is not there, or not the viewer's to speak about; or too much was said.
        InvalidError: the text is missing or too long.
    """
    submission = locked(public_id)
    refuse(rules.read(viewer, submission.organization_id))
    if submission.deleted_at is not None:
        raise rules.GONE
    if is_internal and not rules.is_reviewer(viewer):
        raise rules.Refused(rules.Reason.NOT_REVIEWER, "Only reviewers write remarks among reviewers.")
    text = _checked(text)
    said = Comment.objects.filter(submission=submission)
    newest = said.order_by("-id").first()
    if newest and (newest.author, newest.text, newest.is_internal) == (viewer.person, text, is_internal):
        return newest
    if said.count() >= MOST_COMMENTS:
        raise rules.Refused(rules.Reason.TOO_MANY, f"There are {MOST_COMMENTS} remarks already.")
    made = Comment.objects.create(
        submission=submission, author=viewer.person, text=text, is_internal=is_internal
    )
    note(viewer, "commented", submission, comment=made.pk, internal=is_internal)
    if not is_internal:
        letters.tell_of_comment(submission, made)
    return made


def _checked(text: str) -> str:
    text = text.replace("\0", "").replace("\r\n", "\n").strip()
    if not text:
        raise rules.InvalidError({"text": "Is missing."})
    if len(text) > LONGEST_COMMENT:
        raise rules.InvalidError({"text": f"Must have at most {LONGEST_COMMENT} characters."})
    return text
