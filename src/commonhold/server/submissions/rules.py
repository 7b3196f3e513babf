"""Who may do what with a submission, in which state: pure decisions, printed by the APIs and the pages alike."""

from dataclasses import dataclass
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from commonhold.server.kit.viewer import OPERATOR, OWNER, PUBLISH, PUBLISHER, REVIEWER, Viewer
from commonhold.server.submissions import states


class Reason(StrEnum):
    """Why not."""

    NOT_FOUND = "not_found"
    GONE = "gone"
    SCOPE = "scope"
    FOREIGN = "foreign"
    ROLE = "role"
    CANNOT_PUBLISH = "cannot_publish"
    STATE = "state"
    NOT_REVIEWER = "not_reviewer"
    OWN_SUBMISSION = "own_submission"
    NOT_VERIFIED = "not_verified"
    TOO_MANY = "too_many"
    SESSION_GONE = "session_gone"
    MISMATCH = "mismatch"


class Refused(Exception):  # noqa: N818  a decision as a value, not a fault
    """A submission does not allow that.

    Attributes:
        reason: why.
        message: one sentence for people, with the next step, in the current language.
    """

    def __init__(self, reason: Reason, message: str | Promise) -> None:
        super().__init__(message)
        self.reason = reason
        self._message = message

    @property
    def message(self) -> str:
        """The sentence."""
        return str(self._message)


class SettledError(Refused):
    """Fields that an approved submission cannot change any more.

    Attributes:
        fields: their names.
    """

    def __init__(self, fields: list[str], message: str) -> None:
        super().__init__(Reason.STATE, message)
        self.fields = fields


class InvalidError(Exception):
    """Values that cannot stand; ``mistakes`` says by field what is wrong with each."""

    def __init__(self, mistakes: dict[str, str]) -> None:
        super().__init__(", ".join(sorted(mistakes)))
        self.mistakes = mistakes


NOT_FOUND = Refused(Reason.NOT_FOUND, gettext_lazy("There is no submission with this id."))
GONE = Refused(Reason.GONE, gettext_lazy("This submission was deleted."))
_CANNOT_BE_CHANGED = gettext_lazy("This submission cannot be changed now.")
_UNDER_REVIEW = gettext_lazy("It is under review. Withdraw it first, or wait for the reviewer's decision.")


@dataclass(frozen=True, slots=True)
class ReviewFacts:
    """What decides whether somebody may review a submission.

    Attributes:
        is_member: whether they belong to the organization that made it, whatever credential they use now.
        has_others: whether somebody else could review it who does not.
    """

    is_member: bool
    has_others: bool


def create(viewer: Viewer, organization: int, *, can_publish: bool) -> Refused | None:
    """Decide whether the viewer may begin a submission for an organization."""
    if not can_publish:
        return Refused(Reason.CANNOT_PUBLISH, _CANNOT_PUBLISH)
    if PUBLISH not in viewer.scopes:
        # No string inside another: whoever gathers strings for translation does not look there.
        made_before = _("Keys made before your organization could publish lack it.")
        return Refused(Reason.SCOPE, f"{_SCOPE} {made_before}")
    if viewer.memberships.get(organization) not in {OWNER, PUBLISHER}:
        return _ROLE
    return None


_SCOPE = gettext_lazy("This API key lacks the scope “publish”. Make one that has it.")
_CANNOT_PUBLISH = gettext_lazy(
    "Your organization may not publish here yet: ask for it on your profile page. Once it may, make a new API key."
)
_ROLE = Refused(
    Reason.ROLE,
    gettext_lazy("Only owners and publishers of an organization may publish for it; ask one of its owners."),
)


def handle(viewer: Viewer, organization: int) -> Refused | None:
    """Decide whether the viewer may read and change a submission of an organization, as its publisher."""
    if not viewer.is_member_of(organization):
        return Refused(Reason.FOREIGN, _("This submission belongs to another organization."))
    if PUBLISH not in viewer.scopes:
        return Refused(Reason.SCOPE, _SCOPE)
    if viewer.memberships.get(organization) not in {OWNER, PUBLISHER}:
        return _ROLE
    return None


def read(viewer: Viewer, organization: int) -> Refused | None:
    """Decide whether the viewer may see a submission: its publishers and the site's reviewers may."""
    return None if is_reviewer(viewer) else handle(viewer, organization)


def is_reviewer(viewer: Viewer) -> bool:
    """Whether the viewer may review at all; with an API key, only one that may publish."""
    return bool(viewer.site_roles & {REVIEWER, OPERATOR}) and PUBLISH in viewer.scopes


def review(viewer: Viewer, facts: ReviewFacts) -> Refused | None:
    """Decide whether the viewer may review this submission (decision 13)."""
    if not is_reviewer(viewer):
        return Refused(Reason.NOT_REVIEWER, _("Only the site's reviewers may decide about submissions."))
    if facts.is_member and facts.has_others:
        return Refused(
            Reason.OWN_SUBMISSION,
            _("Nobody reviews a submission of their own organization while there is another reviewer."),
        )
    return None


def change(status: str) -> Refused | None:
    """Decide whether a submission's fields can be changed in this state."""
    if status in {*states.OPEN, states.SUBMITTED, states.APPROVED}:
        return None
    return Refused(Reason.STATE, _told(status))


def upload(status: str) -> Refused | None:
    """Decide whether a file can be sent for a submission in this state."""
    return change(status)


def submit(status: str) -> Refused | None:
    """Decide whether a submission can be submitted in this state."""
    if status in states.OPEN:
        return None
    if status in states.UNDER_REVIEW:
        return Refused(Reason.STATE, _("This submission was submitted already.") + f" {_UNDER_REVIEW}")
    return Refused(Reason.STATE, _told(status))


def retract(status: str) -> Refused | None:
    """Decide whether a submission can be withdrawn in this state."""
    if status in {*states.UNDER_REVIEW, states.EDITS_REQUESTED}:
        return None
    told = _("Only a submission under review can be withdrawn; this one is: %(status)s.")
    return Refused(Reason.STATE, told % {"status": status})


def decide(status: str) -> Refused | None:
    """Decide whether a reviewer's decision can be made in this state."""
    if status in states.UNDER_REVIEW:
        return None
    told = _("Only a submission under review can be decided about; this one is: %(status)s.")
    return Refused(Reason.STATE, told % {"status": status})


def delete(status: str) -> Refused | None:
    """Decide whether a submission can be deleted in this state: until it is published."""
    if status != states.APPROVED:
        return None
    return Refused(
        Reason.FOREIGN, _("A published submission cannot be deleted: its dataset can be removed on its page.")
    )


def _told(status: str) -> str:
    told = {
        states.IN_REVIEW: _UNDER_REVIEW,
        states.REJECTED: _("It was rejected: begin a new submission."),
        states.APPROVED: _("It is approved and published."),
    }
    return f"{_CANNOT_BE_CHANGED} {told.get(status, '')}".strip()
