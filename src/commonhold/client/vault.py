"""The system's keyring, where ``keyring`` is installed and finds one that works (Keychain, Secret Service …).

Whatever a backend raises means that there is no keyring for us; the caller has a file to fall back on.
"""

from typing import Any

_SERVICE = "commonhold"
# What keyring itself calls recommended: below are files in the clear, and the one that always fails.
_LOWEST_PRIORITY = 1


def keep(url: str, key: str) -> bool:
    """Keep the key of a site; False where it cannot be kept, or does not come back."""
    ring = _ring()
    if ring is None:
        return False
    try:
        ring.set_password(_SERVICE, url, key)
        return bool(ring.get_password(_SERVICE, url) == key)
    except Exception:  # noqa: BLE001 -- backends raise errors of their own, of every kind
        return False


def find(url: str) -> str | None:
    """Return the key of a site, None where the keyring has none or cannot be opened."""
    ring = _ring()
    if ring is None:
        return None
    try:
        found = ring.get_password(_SERVICE, url)
    except Exception:  # noqa: BLE001 -- as above
        return None
    return found if isinstance(found, str) else None


def forget(url: str) -> None:
    """Take the key of a site out of the keyring, if it is there."""
    ring = _ring()
    if ring is None:
        return
    try:
        ring.delete_password(_SERVICE, url)
    except Exception:  # noqa: BLE001 -- as above; one that was not there raises, too
        return


def _ring() -> Any | None:
    try:
        import keyring  # noqa: PLC0415 -- an extra, and slow to load

        ring = keyring.get_keyring()
        works = ring.priority >= _LOWEST_PRIORITY
    except Exception:  # noqa: BLE001 -- it may be missing, broken, or without a backend
        return None
    return ring if works else None
