"""API keys, kept as keyed hashes only."""

from django.conf import settings
from django.db import models

from commonhold.server.kit import clock
from commonhold.server.organizations.models import Organization


class ApiKey(models.Model):
    """A key of one person for one organization; ``digest`` is all that is left of its text."""

    name = models.CharField(max_length=100)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="api_keys")
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="api_keys")
    prefix = models.CharField(max_length=16, db_index=True)
    digest = models.CharField(max_length=64, unique=True)
    scopes = models.JSONField(default=list)
    created_at = models.DateTimeField(default=clock.now)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person", "organization", "name"],
                condition=models.Q(revoked_at__isnull=True),
                name="credentials_live_key_name_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.prefix}… ({self.name})"


class JwtCredential(models.Model):
    """An issuer and its secret, which sign requests to the v4 API.

    The secret must be known to check a signature, so it cannot be kept as a hash: it is encrypted under a key derived
    from the site's secret key, which never enters the database.
    """

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="jwt_credentials"
    )
    issuer = models.CharField(max_length=100, unique=True)
    encrypted_secret = models.TextField()
    created_at = models.DateTimeField(default=clock.now)
    revoked_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.issuer


class SessionToken(models.Model):
    """A session that a program began with address and password; the token itself is kept nowhere."""

    identifier = models.CharField(max_length=32, unique=True)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="session_tokens"
    )
    created_at = models.DateTimeField(default=clock.now)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"session of {self.person} since {self.created_at:%Y-%m-%d %H:%M}"


class DeviceSignIn(models.Model):
    """A program that asks to act for somebody, until a person says yes or no on the web (RFC 8628).

    Both codes are kept as keyed hashes only. No key is in here: it is made when the program fetches it.
    """

    PENDING, CONFIRMED, DENIED, COLLECTED = "pending", "confirmed", "denied", "collected"

    device_digest = models.CharField(max_length=64, unique=True)
    user_digest = models.CharField(max_length=64, unique=True)
    program = models.CharField(max_length=100)
    machine = models.CharField(max_length=80)
    address = models.CharField(max_length=64)
    scopes = models.JSONField(default=list)
    state = models.CharField(max_length=16, default=PENDING)
    created_at = models.DateTimeField(default=clock.now)
    expires_at = models.DateTimeField(db_index=True)
    polled_at = models.DateTimeField(null=True, blank=True)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="device_sign_ins",
    )
    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, null=True, blank=True, related_name="device_sign_ins"
    )
    key_expires_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.program} on {self.machine}, {self.state}"
