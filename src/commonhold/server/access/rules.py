"""The one policy: may this viewer do this with this dataset now; if not, why, and what next?

Pure decisions, no I/O. The API's refusal, the page's button and the command's hint all print the answer made here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from commonhold.server.catalogue.rules import is_listed_for
from commonhold.server.kit.viewer import DOWNLOAD, READ, Viewer


class Reason(StrEnum):
    """Why not. ``ALLOWED`` is the one that is no refusal."""

    ALLOWED = "allowed"
    SIGN_IN = "sign_in"
    NOT_FOUND = "not_found"
    SCOPE = "scope"
    MEMBERSHIP = "membership"
    REMOVED = "removed"
    WITHHELD = "withheld"
    NO_FILE = "no_file"
    APPROVAL = "approval"
    PRICE = "price"
    TERMS = "terms"


class Next(StrEnum):
    """The page that mends it, if one does."""

    NOTHING = ""
    AGREE = "terms"
    REQUEST = "request"


@dataclass(frozen=True, slots=True)
class Answer:
    """A decision as a value.

    Attributes:
        reason: why, or ``Reason.ALLOWED``.
        message: one sentence for people: what is missing and what to do.
        next: which of the dataset's pages to open, if any.
    """

    reason: Reason
    message: str = ""
    next: Next = Next.NOTHING

    @property
    def allowed(self) -> bool:
        """Whether the viewer may."""
        return self.reason is Reason.ALLOWED


@dataclass(frozen=True, slots=True)
class Facts:
    """What the decision rests on, as read from the database.

    Attributes:
        organization: row id of the organization that publishes the dataset.
        visibility: ``public``, ``restricted`` or ``private``.
        status: ``published``, ``removed`` or ``withheld``.
        status_reason: what people are told of a removal, if anything.
        has_file: whether there is a proven archive to download.
        has_agreed: whether the viewer agreed to the terms as they stand now.
        is_approved: whether the viewer's request for a restricted dataset is granted.
        is_pending: whether such a request waits for an answer.
        is_paid: whether the dataset has a price.
        has_purchased: whether the viewer's organization has paid it.
    """

    organization: int
    visibility: str
    status: str
    status_reason: str = ""
    has_file: bool = True
    has_agreed: bool = False
    is_approved: bool = False
    is_pending: bool = False
    is_paid: bool = False
    has_purchased: bool = False


ALLOWED = Answer(Reason.ALLOWED)
NOT_FOUND = Answer(Reason.NOT_FOUND, "There is no dataset with this id or slug.")
SIGN_IN = Answer(Reason.SIGN_IN, "Send an API key as a Bearer token. Keys are made on your profile page.")


def see(viewer: Viewer, facts: Facts | None) -> Answer:
    """Decide whether the viewer may see a dataset's description.

    A stranger to a private dataset learns that it is private only with credentials in hand (decision 3); that it was
    removed or is withheld is told only to those who could have seen it before.
    """
    if facts is None:
        return NOT_FOUND
    if READ not in viewer.scopes:
        return Answer(Reason.SCOPE, "This API key lacks the scope “read”. Make one that has it.")
    if not is_listed_for(viewer, visibility=facts.visibility, organization=facts.organization):
        return Answer(
            Reason.MEMBERSHIP,
            "This dataset is private: only members of the organization that publishes it may see it, with an API key "
            "of that organization.",
        )
    if facts.status == "removed":
        return Answer(Reason.REMOVED, _told("This dataset was removed.", facts.status_reason))
    if facts.status == "withheld":
        return Answer(
            Reason.WITHHELD, _told("This dataset is withheld for legal reasons.", facts.status_reason)
        )
    return ALLOWED


def download(viewer: Viewer, facts: Facts | None) -> Answer:
    """Decide whether the viewer may download the archive: agreement is asked of everyone (decision 7)."""
    return _bytes(viewer, facts, priced=True)


def download_sample(viewer: Viewer, facts: Facts | None) -> Answer:
    """Decide whether the viewer may download the sample: as the archive, but never for a price."""
    return _bytes(viewer, facts, priced=False)


def _bytes(viewer: Viewer, facts: Facts | None, *, priced: bool) -> Answer:
    if viewer.is_anonymous:
        return SIGN_IN
    seen = see(viewer, facts)
    if not seen.allowed or facts is None:
        return seen
    if DOWNLOAD not in viewer.scopes:
        return Answer(Reason.SCOPE, "This API key lacks the scope “download”. Make one that has it.")
    if not facts.has_file:
        return Answer(Reason.NO_FILE, "There is no such file to download: it was not published, or not yet.")
    own = viewer.is_member_of(facts.organization)
    if facts.visibility == "restricted" and not own and not facts.is_approved:
        return _approval(facts)
    if priced and facts.is_paid and not own and not facts.has_purchased:
        return Answer(Reason.PRICE, "This dataset has a price, and your organization has not bought it yet.")
    if not facts.has_agreed:
        return Answer(
            Reason.TERMS,
            "You have not agreed to this dataset's terms of use, or they have changed since. Open its page, read them "
            "and agree; then ask again.",
            Next.AGREE,
        )
    return ALLOWED


def _approval(facts: Facts) -> Answer:
    if facts.is_pending:
        return Answer(
            Reason.APPROVAL, "Your request for access waits for the publisher's answer.", Next.REQUEST
        )
    return Answer(
        Reason.APPROVAL,
        "This dataset is restricted: ask its publisher for access on its page; a mail tells you when it is granted.",
        Next.REQUEST,
    )


def _told(sentence: str, reason: str) -> str:
    return f"{sentence} {reason}".strip()


# What each state of a request for access may become, on its publisher's desk.
DECISIONS: Mapping[str, tuple[str, ...]] = {
    "pending": ("approved", "rejected"),
    "approved": ("revoked",),
    "rejected": ("approved",),
    "revoked": ("approved",),
}
LONGEST_REQUEST = 2000
