"""What can go wrong between a request and the end of its answer."""

from commonhold.client.errors import UnreachableError


class MalformedError(ValueError):
    """What arrived is not HTTP as RFC 9112 has it."""


class UnsentError(UnreachableError):
    """No connection came about, so the request cannot have had an effect."""


class BrokenOffError(UnreachableError):
    """A connection ended in the middle; the request may have had its effect."""


def reason_of(error: BaseException) -> str:
    """Say in a few words what an error of the system means."""
    if isinstance(error, TimeoutError):
        return "nothing arrived in time"
    return str(getattr(error, "strerror", None) or error or type(error).__name__)
