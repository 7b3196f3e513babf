"""What may go wrong with one request for bytes, and be made good by another."""


class TransferFaultError(Exception):
    """One request failed; ``str()`` says how."""


class ExpiredError(TransferFaultError):
    """The storage refuses the address: it has expired, or was withdrawn."""


class OverloadedError(TransferFaultError):
    """The storage asks for a pause; ``retry_after`` is its length in seconds, or None."""

    def __init__(self, message: str, retry_after: float | None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class MisbehavedError(TransferFaultError):
    """The answer does not fit the question, so that none of its bytes can be used."""


class WithoutRangesError(MisbehavedError):
    """The whole file was sent where a part was asked for."""


class StoppedError(Exception):
    """Somebody asked all transfers to stop; what is in place stays."""


class ChangedError(Exception):
    """The file is another one now; what was fetched of the old one is of no use. Ends the transfer."""
