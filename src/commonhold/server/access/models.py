"""Terms and the ledger of agreements, access requests, download sessions, and what each organization used today."""

from django.conf import settings
from django.db import models

from commonhold.server.catalogue.models import Dataset
from commonhold.server.kit import clock
from commonhold.server.kit.ids import new_id
from commonhold.server.organizations.models import Organization

DOWNLOAD, SAMPLE = "download", "sample"
PENDING, APPROVED, REJECTED, REVOKED = "pending", "approved", "rejected", "revoked"


class Terms(models.Model):
    """One version of a dataset's terms: the whole text by locale, and the SHA-256 of each text.

    A changed text in the default locale is a new version; a translation may be added to a version (decision 21).
    """

    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="terms")
    number = models.PositiveIntegerField()
    texts = models.JSONField()
    hashes = models.JSONField()
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        verbose_name_plural = "terms"
        constraints = [models.UniqueConstraint(fields=["dataset", "number"], name="access_terms_number_once")]

    def __str__(self) -> str:
        return f"terms {self.number} of {self.dataset}"


class Agreement(models.Model):
    """A line of the ledger: who agreed to which text, when. Plain identifiers: it outlives what it names."""

    public_id = models.CharField(max_length=64, unique=True, default=new_id)
    person = models.BigIntegerField()
    organization = models.BigIntegerField(null=True)
    dataset = models.BigIntegerField()
    terms = models.BigIntegerField()
    locale = models.CharField(max_length=20)
    text_hash = models.CharField(max_length=64)
    agreed_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "terms"], name="access_agreement_once")]
        indexes = [models.Index(fields=["dataset"], name="access_agreement_dataset")]

    def __str__(self) -> str:
        return f"{self.person} agreed to terms {self.terms}"


class AccessRequest(models.Model):
    """Somebody's wish to download a restricted dataset, and what became of it."""

    public_id = models.CharField(max_length=64, unique=True, default=new_id)
    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="access_requests")
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="access_requests"
    )
    status = models.CharField(max_length=16, default=PENDING)
    message = models.TextField(blank=True)
    requested_at = models.DateTimeField(default=clock.now)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.BigIntegerField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["dataset", "person"], name="access_request_once"),
            models.CheckConstraint(
                condition=models.Q(status__in=[PENDING, APPROVED, REJECTED, REVOKED]),
                name="access_request_status",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person} asks for {self.dataset}: {self.status}"


class Purchase(models.Model):
    """What an organization has paid for: granted by an operator, who may take it back.

    The price is kept as it was then. One that was revoked stays, as a record.
    """

    public_id = models.CharField(max_length=64, unique=True, default=new_id)
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="purchases")
    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="purchases")
    price_cents = models.BigIntegerField(null=True, blank=True)
    currency = models.CharField(max_length=3, blank=True)
    reference = models.CharField(max_length=255, blank=True)
    granted_at = models.DateTimeField(default=clock.now)
    granted_by = models.BigIntegerField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "dataset"],
                condition=models.Q(revoked_at__isnull=True),
                name="access_purchase_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.organization} bought {self.dataset}"


class AccessRecord(models.Model):
    """A download session that was granted. Plain identifiers, for statistics and for telling people of a removal.

    ``asked_with`` is the SHA-256 of the client's idempotency key and of whose it is and for what, in hexadecimal; None
    where the client sent none, or where the session has ended and its key was used for another.
    """

    public_id = models.CharField(max_length=64, unique=True, default=new_id)
    kind = models.CharField(max_length=16, default=DOWNLOAD)
    person = models.BigIntegerField()
    organization = models.BigIntegerField()
    credential = models.BigIntegerField(null=True)
    dataset = models.BigIntegerField()
    version = models.BigIntegerField(null=True)
    size_bytes = models.BigIntegerField()
    granted_at = models.DateTimeField(default=clock.now)
    expires_at = models.DateTimeField()
    asked_with = models.CharField(max_length=64, null=True, blank=True)  # noqa: DJ001  NULL is unique from NULL

    class Meta:
        indexes = [
            models.Index(fields=["dataset", "granted_at"], name="access_record_dataset"),
            models.Index(fields=["person", "granted_at"], name="access_record_person"),
            models.Index(fields=["organization", "granted_at"], name="access_record_organization"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["asked_with"],
                condition=models.Q(asked_with__isnull=False),
                name="access_record_asked_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.public_id}"


class DailyUse(models.Model):
    """What an organization was granted in one UTC day."""

    organization = models.BigIntegerField()
    day = models.DateField()
    downloads = models.BigIntegerField(default=0)
    bandwidth = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organization", "day"], name="access_daily_use_once")]

    def __str__(self) -> str:
        return f"organization {self.organization} on {self.day}: {self.downloads}"
