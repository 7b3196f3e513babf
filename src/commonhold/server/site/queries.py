"""Reading the site's switches: at most once a second in each process, so that every node sees a change within one."""

import time
from dataclasses import dataclass, field

from commonhold.server.config.environment import environment
from commonhold.server.kit import clock, sql
from commonhold.server.kit.translation import Texts

SEEN_WITHIN_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Switches:
    """What holds for the whole site now."""

    read_only: bool
    open_catalogue: bool
    notice: Texts = field(default_factory=dict)


_seen: tuple[float, Switches] | None = None


def switches() -> Switches:
    """Return the switches as they stand, at most a second old."""
    global _seen  # noqa: PLW0603  one memory for the process
    moment = time.monotonic()
    if _seen is None or moment - _seen[0] >= SEEN_WITHIN_SECONDS:
        _seen = (moment, _read())
    return _seen[1]


def forget() -> None:
    """Read anew next time: called where this process itself changed a switch."""
    global _seen  # noqa: PLW0603  as above
    _seen = None


def _read() -> Switches:
    found = sql.row(
        "SELECT read_only, open_catalogue, notice, notice_expires_at FROM site_sitestate WHERE id = 1"
    )
    if found is None:
        return Switches(read_only=False, open_catalogue=environment().open_catalogue)
    read_only, open_catalogue, notice, expires_at = found
    expires_at = sql.as_utc(expires_at)
    shown = expires_at is None or expires_at > clock.now()
    return Switches(
        read_only=bool(read_only),
        open_catalogue=environment().open_catalogue if open_catalogue is None else bool(open_catalogue),
        notice=sql.as_json(notice) if shown else {},
    )
