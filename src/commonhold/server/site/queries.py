"""Reading the site's switches: at most once a second in each process, so that every node sees a change within one."""

import time
from dataclasses import dataclass, field

from commonhold.server.config.environment import environment
from commonhold.server.kit import clock, sql
from commonhold.server.kit.translation import Texts
from commonhold.server.kit.viewer import Viewer
from commonhold.server.site import marker
from commonhold.server.site.models import INFO, SiteState

SEEN_WITHIN_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Switches:
    """What holds for the whole site now."""

    read_only: bool
    open_catalogue: bool
    notice: Texts = field(default_factory=dict)
    notice_severity: str = INFO


_seen: tuple[float, Switches] | None = None
_last = Switches(read_only=False, open_catalogue=False)


def switches() -> Switches:
    """Return the switches as they stand, at most a second old."""
    global _seen, _last
    moment = time.monotonic()
    # Held in a name of this call's own: another thread may forget what was seen at any moment.
    seen = _seen
    if seen is None or moment - seen[0] >= SEEN_WITHIN_SECONDS:
        seen = (moment, _read())
        _seen, _last = seen, seen[1]
    return seen[1]


def last_seen() -> Switches:
    """Return the switches as they were last read, however long ago: for when they cannot be read now."""
    return _last


def forget() -> None:
    """Read anew next time: called where this process itself changed a switch."""
    global _seen  # noqa: PLW0603  as above
    _seen = None


def _read() -> Switches:
    found = sql.row(
        "SELECT read_only, open_catalogue, notice, notice_expires_at, notice_severity FROM site_sitestate WHERE id = 1"
    )
    forced = environment().read_only
    marker.follow(on=bool(found and found[0]))
    if found is None:
        return Switches(read_only=bool(forced), open_catalogue=environment().open_catalogue)
    read_only, open_catalogue, notice, expires_at, severity = found
    expires_at = sql.as_utc(expires_at)
    shown = expires_at is None or expires_at > clock.now()
    return Switches(
        # The environment has the last word, both ways (decision 14).
        read_only=bool(read_only) if forced is None else forced,
        open_catalogue=environment().open_catalogue if open_catalogue is None else bool(open_catalogue),
        notice=sql.as_json(notice) if shown else {},
        notice_severity=severity,
    )


def state(viewer: Viewer) -> SiteState:
    """Return the switches as operators set them, for the form that changes them; to others nothing but defaults."""
    found = SiteState.objects.filter(pk=1).first() if viewer.is_operator else None
    return found or SiteState(pk=1)
