"""Conditional requests (RFC 9110, section 13).

Objects never change, so their last modification is as strong a validator as their ETag.
"""

import datetime as dt
import re
from collections.abc import Mapping
from email.utils import format_datetime

_ETAGS = re.compile(r'\s*(W/)?("[\x21\x23-\x7e\x80-\xff]*")\s*(?:,|$)')
_DATE = re.compile(
    r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), ([0-9]{2}) ([A-Z][a-z]{2}) ([0-9]{4})"
    r" ([0-9]{2}):([0-9]{2}):([0-9]{2}) GMT"
)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def http_date(seconds: int) -> str:
    """Write a moment (seconds since 1970) as HTTP does."""
    return format_datetime(dt.datetime.fromtimestamp(seconds, dt.UTC), usegmt=True)


def parse_http_date(text: str) -> int | None:
    """Return the moment of an HTTP date in its one current form, or None.

    The two obsolete forms count as no date: the condition is then not met, and the client gets the whole
    object.
    """
    match = _DATE.fullmatch(text.strip())
    if match is None or match[2] not in _MONTHS:
        return None
    day, year, hour, minute, second = (int(match[group]) for group in (1, 3, 4, 5, 6))
    try:
        moment = dt.datetime(year, _MONTHS.index(match[2]) + 1, day, hour, minute, second, tzinfo=dt.UTC)
    except ValueError:
        return None
    return int(moment.timestamp())


def failed_status(headers: Mapping[str, str], etag: str, modified: int) -> int | None:
    """Return 412 or 304 where a precondition says so, in the order of section 13.2.2, else None."""
    if (wanted := headers.get("if-match")) is not None:
        if not _matches(wanted, etag, weak=False):
            return 412
    elif (wanted := headers.get("if-unmodified-since")) is not None:
        moment = parse_http_date(wanted)
        if moment is not None and modified > moment:
            return 412
    if (known := headers.get("if-none-match")) is not None:
        return 304 if _matches(known, etag, weak=True) else None
    if (known := headers.get("if-modified-since")) is not None:
        moment = parse_http_date(known)
        if moment is not None and modified <= moment:
            return 304
    return None


def range_applies(headers: Mapping[str, str], etag: str, modified: int) -> bool:
    """Whether ``If-Range``, where there is one, holds: the same strong ETag, or exactly the same date."""
    condition = headers.get("if-range")
    if condition is None:
        return True
    condition = condition.strip()
    if condition.startswith(('"', "W/")):
        return condition == etag
    return parse_http_date(condition) == modified


def _matches(listed: str, etag: str, *, weak: bool) -> bool:
    """Whether a list of entity tags, or ``*``, names ``etag``; weakly, ``W/`` makes no difference."""
    if listed.strip() == "*":
        return True
    position = 0
    while match := _ETAGS.match(listed, position):
        if match[2] == etag and (weak or not match[1]):
            return True
        position = match.end()
    return False
