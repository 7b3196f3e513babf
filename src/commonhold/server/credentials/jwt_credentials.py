"""Issuers and secrets for ``JWT`` requests: the secret can be read back, but not from the database alone."""

import secrets

from django.db import transaction

from commonhold.server.audit.actions import record
from commonhold.server.config.environment import environment
from commonhold.server.credentials.models import JwtCredential
from commonhold.server.kit import clock
from commonhold.server.kit.sealed import seal, unseal
from commonhold.server.kit.viewer import Viewer

PURPOSE = "jwt-secret"
_NUMBERS = 1000


@transaction.atomic
def keep(viewer: Viewer | None, *, person: int, issuer: str, secret: str) -> JwtCredential:
    """Keep an issuer with its secret for a person, in place of what the issuer had.

    Raises:
        ValueError: the issuer is another person's.
    """
    row = JwtCredential.objects.filter(issuer=issuer).first()
    if row is not None and row.person_id != person:
        message = f"The issuer {issuer!r} belongs to somebody else."
        raise ValueError(message)
    if row is not None and row.revoked_at is None and secret_of(row) == secret:
        return row
    encrypted = seal(environment().secrets, PURPOSE, secret)
    row, _ = JwtCredential.objects.update_or_create(
        issuer=issuer, defaults={"person_id": person, "encrypted_secret": encrypted, "revoked_at": None}
    )
    record(viewer, "credentials.jwt_kept", "jwt_credential", row.pk, issuer=issuer)
    return row


@transaction.atomic
def make(viewer: Viewer) -> tuple[JwtCredential, str]:
    """Give the viewer a new issuer and secret, in place of the one they had (rule 10.2: one at a time).

    The secret, 64 hexadecimal characters, is returned this once.

    Raises:
        ValueError: nobody is known behind the request.
    """
    if viewer.person is None:
        message = "A credential belongs to somebody."
        raise ValueError(message)
    revoke(viewer)
    taken = set(JwtCredential.objects.filter(person_id=viewer.person).values_list("issuer", flat=True))
    free = [issuer for number in range(_NUMBERS) if (issuer := f"user:{viewer.person}:{number}") not in taken]
    if free:
        issuer = secrets.choice(free)
    else:
        # All thousand were used once: the one revoked longest ago begins anew.
        issuer = JwtCredential.objects.filter(person_id=viewer.person).order_by("revoked_at")[0].issuer
    secret = secrets.token_hex(32)
    return keep(viewer, person=viewer.person, issuer=issuer, secret=secret), secret


@transaction.atomic
def revoke(viewer: Viewer) -> bool:
    """End the viewer's issuer at once, and return whether there was one."""
    live = JwtCredential.objects.filter(person_id=viewer.person, revoked_at__isnull=True)
    ended = list(live.values_list("pk", "issuer"))
    live.update(revoked_at=clock.now())
    for row_id, issuer in ended:
        record(viewer, "credentials.jwt_revoked", "jwt_credential", row_id, issuer=issuer)
    return bool(ended)


def current(viewer: Viewer) -> JwtCredential | None:
    """Return the viewer's live issuer, if they have one."""
    return (
        JwtCredential.objects.filter(person_id=viewer.person, revoked_at__isnull=True)
        .order_by("-created_at")
        .first()
    )


def secret_of(row: JwtCredential) -> str | None:
    """Return the secret of a credential; None where the site's secret key is no longer the one it was kept under."""
    return decrypted(row.encrypted_secret)


def decrypted(encrypted: str) -> str | None:
    """Return the text behind an encrypted secret, or None as :func:`secret_of` does."""
    return unseal(environment().secrets, PURPOSE, encrypted)
