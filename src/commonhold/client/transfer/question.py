"""The key with which a session is asked for: noted before it is sent, so that a killed run's question is known again.

A site that knows ``Idempotency-Key`` answers the same question with the same session, and charges it once; others
do not look at it.
"""

import os
import re

_KEY = re.compile(r"[A-Za-z0-9_-]{16,64}")


def new_key() -> str:
    """Return a key that nobody has used."""
    return os.urandom(24).hex()


def as_key(value: object) -> str:
    """Return a key that was noted, or an empty text for what is none: it goes into a header."""
    return value if isinstance(value, str) and _KEY.fullmatch(value) else ""
