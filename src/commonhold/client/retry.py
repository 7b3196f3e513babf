"""When to try again, and after how long: full jitter, a budget, and the wait that a server asks for."""

import time
from collections.abc import Callable
from datetime import UTC, datetime

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_SHORTEST, _LONGEST = 0.2, 30.0


def jitter(failures: int) -> float:
    """Return seconds to wait after so many failures in a row: anything up to a bound that doubles."""
    from random import uniform  # noqa: PLC0415 -- most runs know no failure

    return uniform(0.0, min(_LONGEST, _SHORTEST * 2.0 ** min(failures, 12)))  # noqa: S311 -- spreads load, guards nothing


def retry_after(value: str) -> float | None:
    """Read a ``Retry-After`` header (seconds, or a date) into seconds from now; None where it has none."""
    if value.isascii() and value.isdigit() and len(value) < 10:
        return float(value)
    moment = http_date(value)
    return None if moment is None else max(0.0, (moment - datetime.now(UTC)).total_seconds())


def http_date(value: str) -> datetime | None:
    """Read a date as HTTP writes it (RFC 9110, section 5.6.7); None where it is none."""
    parts = value.replace(":", " ").split()
    try:
        if len(parts) == 8 and parts[7] == "GMT":  # Sun, 06 Nov 1994 08:49:37 GMT: all others are of long ago
            _, day, month, *rest = parts
            year, hour, minute, second = (int(part) for part in rest[:4])
            return datetime(
                year, _MONTHS.index(month) + 1, int(day), hour, minute, min(second, 59), tzinfo=UTC
            )
        from email.utils import parsedate_to_datetime  # noqa: PLC0415 -- takes long, and is hardly ever asked for

        moment = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


class Patience:
    """How long one task may wait in all before it gives up.

    Args:
        seconds: the budget. :meth:`renew` fills it again, as progress does.
        clock: what tells the time, in seconds.
    """

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._clock = clock
        self._since = clock()

    def renew(self) -> None:
        """Start the budget anew."""
        self._since = self._clock()

    def allows(self, seconds: float) -> bool:
        """Whether a wait of ``seconds`` from now ends within the budget."""
        return self._clock() + seconds - self._since <= self._seconds
