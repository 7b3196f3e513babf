"""Everything that can go wrong between a caller and a data collective, as one tree.

::

    CommonholdError
    ├── UsageError            the caller asked for something that cannot be meant, a mistyped key say
    │   └── LocalFileError    a file or folder of this machine stands in the way
    │       └── DiskFullError      there is no room for the file
    ├── NotAllowedError            401, 402, 403: the site knows, and says no
    │   ├── NotSignedInError       401: there is no key, or the site does not know it
    │   └── PaymentRequiredError   402: the dataset has a price
    ├── NotFoundError              404
    │   └── GoneError              410: it was there, and was removed
    │       └── WithheldError      451: kept back for legal reasons
    ├── LimitError               429: a quota or a request limit is used up
    ├── CorruptError               what came is not what was promised
    │   └── ProtocolError     an answer that no data collective should give
    └── UnreachableError           no answer, or none of use: network, proxy, certificate, 5xx
        └── BusyError              503: the site asks to come back later

Every error carries what a person needs next (``hint``) and what a program needs (``status``, ``body``,
``retry_after``).
"""

from collections.abc import Mapping
from typing import Any


class CommonholdError(Exception):
    """The root of the tree.

    Attributes:
        code: one word for programs.
        message: one sentence that says what happened.
        hint: one sentence that says what to do next, or an empty text.
        status: the HTTP status, or None when there was no answer.
        error: the ``error`` text of the site's answer, or an empty text.
        url: an address worth opening (the page with the terms, say), or None.
        retry_after: seconds after which another attempt makes sense, or None.
        body: the site's answer as it was read, an empty mapping where there is none.
    """

    def __init__(
        self,
        message: str,
        *,
        hint: str = "",
        status: int | None = None,
        error: str = "",
        url: str | None = None,
        retry_after: float | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.status = status
        self.error = error
        self.url = url
        self.retry_after = retry_after
        self.body: Mapping[str, Any] = body or {}

    @property
    def code(self) -> str:
        """One word for programs: the site's own (``terms``, ``bandwidth_limit`` …), else the kind (``not_found``)."""
        for key in ("code", "reason", "type"):
            told = self.body.get(key)
            if isinstance(told, str) and told:
                return told
        if self.error and self.error.isidentifier():
            return self.error
        kind = type(self).__name__.removesuffix("Error")
        return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in kind).lstrip("_")


class UsageError(CommonholdError):
    """The request cannot be meant; nothing was sent."""


class LocalFileError(UsageError):
    """A file or folder of this machine stands in the way."""


class DiskFullError(LocalFileError):
    """There is no room for the file."""


class NotAllowedError(CommonholdError):
    """The site knows what was asked for, and says no."""

    @property
    def reason(self) -> str:
        """What is missing: ``terms``, ``membership``, ``approval``, ``price``, ``scope``, or nothing told."""
        reason = self.body.get("reason", "")
        return reason if isinstance(reason, str) else ""


class NotSignedInError(NotAllowedError):
    """There is no key, or the site does not know it."""


class PaymentRequiredError(NotAllowedError):
    """The dataset has a price that was not paid."""


class NotFoundError(CommonholdError):
    """The site has nothing under that name."""


class GoneError(NotFoundError):
    """It was there, and was removed."""


class WithheldError(GoneError):
    """It is kept back for legal reasons."""


class LimitError(CommonholdError):
    """A quota or a request limit is used up.

    ``resets_at`` is the instant at which it is whole again, as the site wrote it, or None.
    """

    @property
    def resets_at(self) -> str | None:
        """The instant (ISO 8601) at which the limit is whole again, where the site told it."""
        limit = self.body.get("limit")
        value = limit.get("resetsAt") if isinstance(limit, Mapping) else None
        return value if isinstance(value, str) else None


class CorruptError(CommonholdError):
    """What came is not what was promised; it was not kept."""


class ProtocolError(CorruptError):
    """An answer that no data collective should give."""


class GivenUpError(CommonholdError):
    """The call was ended from another thread, or its task was cancelled."""


class UnreachableError(CommonholdError):
    """There is no answer, or none of use."""


class BusyError(UnreachableError):
    """The site, or its storage, asks to come back later."""
