"""Submissions, the files sent for them, and how an organization's new versions go live."""

import uuid

from django.db import models

from commonhold.server.catalogue.models import Dataset, DatasetVersion, Described
from commonhold.server.catalogue.states import VISIBILITIES
from commonhold.server.kit import clock
from commonhold.server.kit.ids import new_id
from commonhold.server.kit.translation import DEFAULT_LOCALE
from commonhold.server.organizations.models import Organization
from commonhold.server.submissions.states import (
    ARCHIVE,
    DRAFT,
    FILE_KINDS,
    INITIATING,
    NOT_BEGUN,
    NOT_NEEDED,
    RELEASES,
    STATES,
    UPLOAD_STATES,
    VERIFICATIONS,
)


class PublishingPolicy(models.Model):
    """How an organization publishes: whether a reviewer looks at each new version before it goes live."""

    organization = models.OneToOneField(
        Organization, on_delete=models.CASCADE, primary_key=True, related_name="publishing_policy"
    )
    review_new_versions = models.BooleanField(default=False)

    class Meta:
        verbose_name_plural = "publishing policies"

    def __str__(self) -> str:
        return f"publishing policy of {self.organization}"


class Submission(Described):
    """What an organization wants to publish, from draft to dataset. An approved one has its dataset.

    Texts are plain, written in ``text_locale``; ``translations`` holds some of them in other languages, by column and
    locale: a column that is not in it says nothing about translations. The fields that a publisher fills in are
    described, with their limits, in ``fields.py``. ``dataset`` is set on a draft that changes a dataset which is there
    already. ``deleted_at`` marks one that was deleted: its row stays, empty, so that its address can say that it
    is gone.
    """

    public_id = models.CharField(max_length=64, unique=True, default=new_id)
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="submissions")
    author = models.BigIntegerField(null=True)
    dataset = models.ForeignKey(
        Dataset, on_delete=models.SET_NULL, null=True, blank=True, related_name="submissions"
    )
    status = models.CharField(max_length=16, default=DRAFT)
    slug = models.CharField(max_length=100, blank=True)
    text_locale = models.CharField(max_length=20, default=DEFAULT_LOCALE)

    name = models.CharField(max_length=255)
    short_description = models.CharField(max_length=160, blank=True)
    long_description = models.TextField(blank=True)
    license = models.CharField(max_length=1000, blank=True)
    license_url = models.CharField(max_length=1000, blank=True)
    restrictions = models.TextField(blank=True)
    forbidden_usage = models.TextField(blank=True)
    additional_conditions = models.TextField(blank=True)
    intended_usage = models.TextField(blank=True)
    ethical_review_process = models.TextField(blank=True)
    other = models.TextField(blank=True)
    terms = models.TextField(blank=True)
    translations = models.JSONField(default=dict)
    point_of_contact_full_name = models.CharField(max_length=255, blank=True)
    point_of_contact_email = models.CharField(max_length=254, blank=True)
    funded_by_full_name = models.CharField(max_length=255, blank=True)
    funded_by_email = models.CharField(max_length=254, blank=True)
    legal_contact_full_name = models.CharField(max_length=255, blank=True)
    legal_contact_email = models.CharField(max_length=254, blank=True)
    created_by_full_name = models.CharField(max_length=255, blank=True)
    created_by_email = models.CharField(max_length=254, blank=True)
    show_contact_info = models.BooleanField(default=False)
    show_compliance_attributes = models.BooleanField(default=False)
    visibility = models.CharField(max_length=16, blank=True)
    exclusivity_opt_out_at = models.DateTimeField(null=True, blank=True)

    file_reference = models.UUIDField(default=uuid.uuid4, unique=True)
    sample_file_reference = models.UUIDField(default=uuid.uuid4, unique=True)
    archive = models.ForeignKey("Upload", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    sample = models.ForeignKey("Upload", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")

    agreed_to_submit_at = models.DateTimeField(null=True, blank=True)
    submitted_at = models.DateTimeField(null=True, blank=True)
    reviewed_by = models.BigIntegerField(null=True, blank=True)
    reviewed_at = models.DateTimeField(null=True, blank=True)
    review_note = models.TextField(blank=True)
    created_at = models.DateTimeField(default=clock.now)
    updated_at = models.DateTimeField(default=clock.now)
    expires_at = models.DateTimeField(null=True, blank=True)
    deleted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["organization", "-created_at", "-id"], name="submissions_of_organization"),
            # The desk of the reviewers: the longest waiting first.
            models.Index(fields=["status", "submitted_at", "id"], name="submissions_waiting"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(status__in=STATES), name="submissions_submission_status"
            ),
            models.CheckConstraint(
                condition=models.Q(visibility__in=["", *VISIBILITIES]),
                name="submissions_submission_visibility",
            ),
            models.CheckConstraint(
                condition=models.Q(is_paid=False) | models.Q(base_price_cents__gt=0),
                name="submissions_submission_price",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.status})"


class Upload(models.Model):
    """A file on its way into the store, then there, then read and proven.

    Attributes:
        upload_id: what the store calls the upload in parts.
        object_key: where the file lies, or will; immutable, and no other upload's.
        status: of the sending (collective-api.md 4.2).
        verification: of what was sent: only a verified file can be published.
        reasons: sentences for the publisher, where it was rejected.
        release: whether it goes, went or may not go into the catalogue as a new version of its own.
        version: what it became.
        members: the index of the archive's members, as the room of storage writes it; ``member_windows`` is the part
            of it that is only needed to unpack from the middle. Null again once the catalogue has them.
        scanned: whether the site's virus scanner saw all of it; null where the site has none, or nobody has read it.
        notes: what is new in it, in the publisher's words and the submission's ``text_locale``.
        dropped_at: since when its bytes are no longer in the store.
    """

    public_id = models.CharField(max_length=64, unique=True, default=new_id)
    submission = models.ForeignKey(Submission, on_delete=models.CASCADE, related_name="uploads")
    kind = models.CharField(max_length=16, default=ARCHIVE)
    author = models.BigIntegerField(null=True)
    filename = models.CharField(max_length=255)
    content_type = models.CharField(max_length=100)
    size_bytes = models.BigIntegerField()
    object_key = models.CharField(max_length=512, unique=True)
    upload_id = models.CharField(max_length=1024, blank=True)
    status = models.CharField(max_length=16, default=INITIATING)
    claimed_sha256 = models.CharField(max_length=64, blank=True)

    verification = models.CharField(max_length=16, default=NOT_BEGUN, blank=True)
    verified_bytes = models.BigIntegerField(default=0)
    reasons = models.JSONField(default=list)
    sha256 = models.CharField(max_length=64, blank=True)
    piece_digests = models.BinaryField(null=True)
    members = models.BinaryField(null=True)
    member_windows = models.BinaryField(null=True)
    schema = models.TextField(blank=True)
    scanned = models.BooleanField(null=True, blank=True)
    notes = models.TextField(blank=True)
    release = models.CharField(max_length=16, default=NOT_NEEDED, blank=True)
    version = models.ForeignKey(
        DatasetVersion, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )

    created_at = models.DateTimeField(default=clock.now)
    completed_at = models.DateTimeField(null=True, blank=True)
    verified_at = models.DateTimeField(null=True, blank=True)
    dropped_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["submission", "kind", "status"], name="submissions_upload_of"),
            models.Index(fields=["status", "created_at"], name="submissions_upload_age"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(status__in=UPLOAD_STATES), name="submissions_upload_status"
            ),
            models.CheckConstraint(condition=models.Q(kind__in=FILE_KINDS), name="submissions_upload_kind"),
            models.CheckConstraint(
                condition=models.Q(verification__in=VERIFICATIONS), name="submissions_upload_verification"
            ),
            models.CheckConstraint(
                condition=models.Q(release__in=RELEASES), name="submissions_upload_release"
            ),
            models.CheckConstraint(condition=models.Q(size_bytes__gt=0), name="submissions_upload_size"),
        ]

    def __str__(self) -> str:
        return f"{self.filename} ({self.status})"


class Comment(models.Model):
    """A remark in the talk between reviewers and publishers about a submission.

    ``is_internal`` marks what only reviewers see. The author is a plain identifier: what was said stays when they go.
    """

    submission = models.ForeignKey(Submission, on_delete=models.CASCADE, related_name="comments")
    author = models.BigIntegerField(null=True)
    text = models.TextField()
    is_internal = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        indexes = [models.Index(fields=["submission", "id"], name="submissions_comment_of")]

    def __str__(self) -> str:
        return f"comment {self.pk} on {self.submission}"
