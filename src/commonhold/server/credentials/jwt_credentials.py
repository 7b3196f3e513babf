"""Issuers and secrets for ``JWT`` requests: the secret can be read back, but not from the database alone."""

import base64

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.db import transaction

from commonhold.server.audit.actions import record
from commonhold.server.config.environment import environment
from commonhold.server.credentials.models import JwtCredential
from commonhold.server.kit.secrets import derive_all
from commonhold.server.kit.viewer import Viewer

PURPOSE = "jwt-secret"


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
    encrypted = _cipher().encrypt(secret.encode()).decode()
    row, _ = JwtCredential.objects.update_or_create(
        issuer=issuer, defaults={"person_id": person, "encrypted_secret": encrypted, "revoked_at": None}
    )
    record(viewer, "credentials.jwt_kept", "jwt_credential", row.pk, issuer=issuer)
    return row


def secret_of(row: JwtCredential) -> str | None:
    """Return the secret of a credential; None where the site's secret key is no longer the one it was kept under."""
    try:
        return _cipher().decrypt(row.encrypted_secret.encode()).decode()
    except InvalidToken:
        return None


def _cipher() -> MultiFernet:
    keys = derive_all(environment().secrets, PURPOSE)
    return MultiFernet([Fernet(base64.urlsafe_b64encode(key)) for key in keys])
