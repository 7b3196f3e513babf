"""Keys for one purpose each, derived from the site's secret key.

A signature made for one purpose (a storage URL, say) can then never pass for another. Rotation: everything is made
with the current secret and checked with the current and the retired ones, in that order.
"""

import hashlib
import hmac
from collections.abc import Sequence


def derive(secret: str, purpose: str) -> bytes:
    """Derive the 32-byte key for ``purpose`` from the site's secret key."""
    return hmac.new(secret.encode(), b"commonhold:" + purpose.encode(), hashlib.sha256).digest()


def derive_all(secrets: Sequence[str], purpose: str) -> tuple[bytes, ...]:
    """Derive the key for ``purpose`` from each secret, the current one first."""
    return tuple(derive(secret, purpose) for secret in secrets)


def digest(key: bytes, text: str) -> str:
    """Return the keyed hash (HMAC-SHA-256, hex) under which a credential is kept at rest."""
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
