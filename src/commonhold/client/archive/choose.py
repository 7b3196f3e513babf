"""Which members a person means: by name, by folder, or by a pattern."""

import re
from collections.abc import Iterator, Sequence
from fnmatch import translate

from commonhold.client.archive.archive import Archive
from commonhold.client.archive.models import Member

_WILD = re.compile(r"[*?\[]")


def chosen(archive: Archive, patterns: Sequence[str]) -> Iterator[Member]:
    """Yield the members that one of the patterns names, all without any; only what may match is listed."""
    if not patterns:
        yield from archive
        return
    tests = [_test(pattern) for pattern in patterns]
    prefix = _common([_WILD.split(pattern, maxsplit=1)[0] for pattern in patterns])
    for member in archive.list(prefix):
        if any(test.match(member.name) for test in tests):
            yield member


def _test(pattern: str) -> re.Pattern[str]:
    # What has the very name is meant, whatever it is made of; a folder means all below it.
    below = re.escape(pattern.rstrip("/")) + r"(/.*)?\Z"
    return re.compile(f"(?:{re.escape(pattern)}\\Z|{below}|{translate(pattern)})", re.DOTALL)


def _common(texts: Sequence[str]) -> str:
    first, last = min(texts), max(texts)
    count = next((i for i, letter in enumerate(first) if i >= len(last) or last[i] != letter), len(first))
    # A folder itself may be listed without the slash that was typed.
    return first[:count].rstrip("/ ")
