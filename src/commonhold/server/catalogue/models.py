"""Datasets, their versions and their samples."""

from django.db import models

from commonhold.server.catalogue.states import PUBLIC, PUBLISHED, STATUSES, VISIBILITIES
from commonhold.server.kit import clock
from commonhold.server.kit.ids import new_id
from commonhold.server.kit.translation import DEFAULT_LOCALE
from commonhold.server.organizations.models import Organization


class Described(models.Model):
    """What a dataset and the submission of one say alike: what the data is, its licence, its price, who may have it."""

    locale = models.CharField(max_length=20, blank=True)
    task = models.CharField(max_length=16, blank=True)
    format = models.CharField(max_length=50, blank=True)
    license_abbreviation = models.CharField(max_length=25, blank=True)
    is_paid = models.BooleanField(default=False)
    base_price_cents = models.BigIntegerField(null=True, blank=True)
    currency = models.CharField(max_length=3, blank=True)
    auto_approve_access_requests = models.BooleanField(default=False)

    class Meta:
        abstract = True


class Dataset(Described):
    """What an organization shares, described. ``public_id`` is the identifier that clients see.

    Translated fields hold one JSON object from locale to text. ``license_abbreviation`` is what the seed calls
    ``license``; ``license_name`` is the full name of a licence of the publisher's own.
    """

    public_id = models.CharField(max_length=64, unique=True, default=new_id)
    slug = models.CharField(max_length=100, unique=True)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="datasets")
    visibility = models.CharField(max_length=16, default=PUBLIC)
    status = models.CharField(max_length=16, default=PUBLISHED)
    status_reason = models.TextField(blank=True)
    default_locale = models.CharField(max_length=20, default=DEFAULT_LOCALE)

    name = models.JSONField(default=dict)
    short_description = models.JSONField(default=dict)
    long_description = models.JSONField(default=dict)
    restrictions = models.JSONField(default=dict)
    forbidden_usage = models.JSONField(default=dict)
    additional_conditions = models.JSONField(default=dict)
    publisher_terms = models.JSONField(default=dict)

    license_name = models.CharField(max_length=1000, blank=True)
    license_url = models.URLField(max_length=1000, blank=True)

    platform_fee_rate = models.CharField(max_length=10, blank=True)

    contact_name = models.CharField(max_length=255, blank=True)
    contact_email = models.EmailField(blank=True)
    show_contact = models.BooleanField(default=False)

    submission_public_id = models.CharField(max_length=64, blank=True)
    current_version = models.OneToOneField(
        "DatasetVersion", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    has_sample = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=clock.now)
    updated_at = models.DateTimeField(default=clock.now)

    class Meta:
        indexes = [
            # The list, newest first, and the same within one organization. The first covers what decides about a
            # place in the list: a deep page passes over hundreds without reading them.
            models.Index(
                fields=["status", "-created_at", "-id", "visibility", "organization"],
                name="catalogue_dataset_lists",
            ),
            models.Index(
                fields=["organization", "status", "-created_at", "-id"], name="catalogue_dataset_of_org"
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(visibility__in=VISIBILITIES), name="catalogue_dataset_visibility"
            ),
            models.CheckConstraint(condition=models.Q(status__in=STATUSES), name="catalogue_dataset_status"),
            models.CheckConstraint(
                condition=models.Q(is_paid=False) | models.Q(base_price_cents__gt=0),
                name="catalogue_dataset_price",
            ),
        ]

    def __str__(self) -> str:
        return self.slug


class LoadingSchema(models.Model):
    """How a dataset's archive is read into a table: the YAML that the official client's ``load_dataset`` asks for."""

    dataset = models.OneToOneField(
        Dataset, on_delete=models.CASCADE, primary_key=True, related_name="loading_schema"
    )
    text = models.TextField()

    def __str__(self) -> str:
        return f"schema of {self.dataset}"


class Archive(models.Model):
    """A finished, proven file in the store. Keys are immutable: new bytes are a new row under a new key."""

    object_key = models.CharField(max_length=512, unique=True)
    filename = models.CharField(max_length=255)
    content_type = models.CharField(max_length=100)
    size_bytes = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        abstract = True


class DatasetVersion(Archive):
    """One edition of a dataset's archive, numbered from 1."""

    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    notes = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["dataset", "number"], name="catalogue_version_number_once")
        ]

    def __str__(self) -> str:
        return f"{self.dataset} version {self.number}"


class VersionPieces(models.Model):
    """The SHA-256 of each piece of a version's archive, in order, 32 bytes apiece."""

    version = models.OneToOneField(
        DatasetVersion, on_delete=models.CASCADE, primary_key=True, related_name="pieces"
    )
    piece_size = models.PositiveIntegerField()
    digests = models.BinaryField()

    class Meta:
        verbose_name_plural = "version pieces"

    def __str__(self) -> str:
        return f"pieces of {self.version}"


class VersionMembers(models.Model):
    """What lies where in a version's archive, as ``storage.archives.index`` writes it.

    ``windows`` is what a reader needs to begin in the middle of a tar.gz: large, and read only when asked for.
    """

    version = models.OneToOneField(
        DatasetVersion, on_delete=models.CASCADE, primary_key=True, related_name="members"
    )
    listing = models.BinaryField()
    windows = models.BinaryField()

    class Meta:
        verbose_name_plural = "version members"

    def __str__(self) -> str:
        return f"members of {self.version}"


class Sample(Archive):
    """A small archive that shows what the dataset is like."""

    dataset = models.OneToOneField(Dataset, on_delete=models.CASCADE, related_name="sample")

    def __str__(self) -> str:
        return f"sample of {self.dataset}"
