"""Public identifiers: short, unguessable, safe in a URL."""

import secrets

LENGTH = 25
_ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyz"


def new_id() -> str:
    """Return a new identifier in the form clients know (CUID): ``c`` and 24 lower-case base-36 characters.

    The 24 characters carry 124 random bits, so an identifier says nothing of its neighbours.
    """
    return "c" + "".join(secrets.choice(_ALPHABET) for _ in range(LENGTH - 1))
