"""The words people read about submissions: states, what is next, and why something is not possible."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from commonhold.server.submissions import states
from commonhold.server.submissions.models import Submission, Upload
from commonhold.server.submissions.rules import Reason, Refused

STATES = {
    states.DRAFT: _("Draft"),
    states.SUBMITTED: _("Waiting for review"),
    states.IN_REVIEW: _("In review"),
    states.APPROVED: pgettext_lazy("state of a submission", "Published"),
    states.REJECTED: pgettext_lazy("state of a submission", "Rejected"),
    states.EDITS_REQUESTED: _("Changes asked for"),
    states.RETRACTED: _("Withdrawn"),
}

NO_FILE, SENDING, ENDED = "no_file", "sending", "ended"
FILE_STATES = {
    NO_FILE: _("No archive yet"),
    SENDING: _("Being sent"),
    ENDED: _("Sending was ended"),
    states.WAITING: _("Waits to be verified"),
    states.VERIFYING: _("Being verified"),
    states.VERIFIED: pgettext_lazy("state of a file", "Verified"),
    states.REFUSED: _("Cannot be published"),
    states.AWAITS_REVIEW: _("Verified, waits for review"),
    states.RELEASED: pgettext_lazy("state of a file", "Published"),
    states.TURNED_DOWN: _("Turned down"),
}

_NEXT = {
    states.SUBMITTED: _("Nothing to do: a reviewer will take it up."),
    states.IN_REVIEW: _("Nothing to do: a reviewer is looking at it."),
    states.APPROVED: _("It is in the catalogue. You can send a new version."),
    states.REJECTED: _("Read the reviewer's reason. To try again, begin a new submission."),
    states.EDITS_REQUESTED: _("Make the changes that the reviewer asks for, then submit it again."),
    states.RETRACTED: _("Change what you like, then submit it again."),
}

# What the trail notes about a submission.
HISTORY = {
    "created": _("Begun"),
    "adopted": _("Came with a collection file"),
    "changed": _("Changed"),
    "submitted": _("Submitted"),
    "in_review": _("Taken up"),
    "approved": _("Approved"),
    "rejected": pgettext_lazy("state of a submission", "Rejected"),
    "edits_requested": _("Changes asked for"),
    "retracted": _("Withdrawn"),
    "deleted": _("Deleted"),
    "upload_begun": _("Sending a file begun"),
    "upload_completed": _("A file arrived"),
    "upload_ended": _("Sending was ended"),
    "file_verified": _("A file was verified"),
    "file_rejected": _("A file was found faulty"),
    "version_released": _("A version was published"),
    "version_turned_down": _("A version was turned down"),
    "commented": _("A remark"),
}

REFUSALS = {
    Reason.CANNOT_PUBLISH: _(
        "Your organization may not publish here yet. One of its owners can ask for it on the profile page."
    ),
    Reason.ROLE: _(
        "Only owners and publishers of an organization may publish for it; ask one of its owners."
    ),
    Reason.STATE: _(
        "That is not possible any more: its state has changed meanwhile. This is how it stands now."
    ),
    Reason.NOT_REVIEWER: _("Only the site's reviewers may decide about submissions."),
    Reason.OWN_SUBMISSION: _(
        "Nobody reviews a submission of their own organization while there is another reviewer."
    ),
    Reason.NOT_VERIFIED: _(
        "Its files are not verified. Wait for the verification; faulty files have to be sent again."
    ),
    Reason.TOO_MANY: _("There are too many of these already. Finish or delete some first."),
    Reason.SESSION_GONE: _("This upload was ended, or lay unfinished for too long. Begin a new one."),
    Reason.MISMATCH: _("This upload was completed before, with another checksum. Begin a new one."),
    Reason.NOT_FOUND: _("There is nothing of this name."),
    Reason.GONE: _("This submission was deleted."),
    Reason.FOREIGN: _("A published submission cannot be deleted: its dataset can be taken down."),
    Reason.SCOPE: _("Your account lacks the right for it."),
}


def refusal(refused: Refused) -> str:
    """Return why not, in the language of the page."""
    return str(REFUSALS.get(refused.reason, refused.message))


def happening(action: str) -> str:
    """Return what a line of the trail tells, in the language of the page; the line's own code where nobody knows."""
    return str(HISTORY.get(action.removeprefix("submissions."), action))


def text_mistake(text: str, missing: str, most: int) -> str:
    """Return what is wrong with something written on a desk: nothing was, as ``missing`` says, or too much."""
    return (
        missing if not text.strip() else _("Please keep it under %(number)d characters.") % {"number": most}
    )


def file_state(upload: Upload | None) -> str:
    """Return one code for where a file stands, a key of :data:`FILE_STATES`."""
    if upload is None:
        return NO_FILE
    if upload.status == states.FAILED:
        return ENDED
    if upload.status != states.COMPLETED:
        return SENDING
    return upload.release or upload.verification or states.WAITING


def next_step(submission: Submission) -> str:
    """Return what its publisher does next."""
    if submission.status in _NEXT:
        return str(_NEXT[submission.status])
    state = file_state(submission.archive)
    if state == NO_FILE and submission.dataset_id is None:
        return str(_("Describe the dataset and send its archive, then submit it."))
    if state == states.REFUSED:
        return str(_("Send another archive: the one that you sent cannot be published."))
    return str(_("Check that everything is said, then submit it."))
