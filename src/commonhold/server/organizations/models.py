"""Organizations and who belongs to them."""

from django.conf import settings
from django.db import models

from commonhold.server.kit import clock
from commonhold.server.kit.ids import new_id
from commonhold.server.kit.viewer import MEMBER, OWNER, PUBLISHER


class Organization(models.Model):
    """Those who share data and those who use it.

    ``limits`` holds only what differs from the site's settings: ``downloads`` (a UTC day), ``bandwidth`` (bytes a UTC
    day), ``requests`` (a rate); null there means no limit.
    """

    public_id = models.CharField(max_length=64, unique=True, default=new_id)
    slug = models.CharField(max_length=100, unique=True)
    name = models.JSONField(default=dict)
    description = models.JSONField(default=dict)
    website = models.URLField(max_length=500, blank=True)
    personal_of = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="personal_organization",
    )
    can_publish = models.BooleanField(default=False)
    platform_fee_rate = models.CharField(max_length=10, default="0")
    limits = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=clock.now)
    members = models.ManyToManyField(
        settings.AUTH_USER_MODEL, through="Membership", related_name="organizations"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(personal_of__isnull=True) | models.Q(can_publish=False),
                name="organizations_personal_never_publishes",
            )
        ]

    def __str__(self) -> str:
        return self.slug


class Membership(models.Model):
    """One person's part in one organization."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships")
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(
        max_length=16, choices=[(OWNER, "owner"), (PUBLISHER, "publisher"), (MEMBER, "member")]
    )
    since = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person", "organization"], name="organizations_membership_once"),
            models.CheckConstraint(
                condition=models.Q(role__in=[OWNER, PUBLISHER, MEMBER]), name="organizations_membership_role"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person} in {self.organization}: {self.role}"


PENDING, ACCEPTED, DECLINED, WITHDRAWN = "pending", "accepted", "declined", "withdrawn"
GRANTED, REFUSED = "granted", "refused"


class Invitation(models.Model):
    """A mail address asked to join. Whoever owns that address answers, and nobody else, whoever has the link."""

    public_id = models.CharField(max_length=64, unique=True, default=new_id)
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="invitations")
    email = models.EmailField(max_length=254)
    role = models.CharField(max_length=16)
    invited_by = models.BigIntegerField(null=True)
    status = models.CharField(max_length=16, default=PENDING)
    created_at = models.DateTimeField(default=clock.now)
    expires_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "email"],
                condition=models.Q(status=PENDING),
                name="organizations_invited_once",
            ),
            models.CheckConstraint(
                condition=models.Q(role__in=[OWNER, PUBLISHER, MEMBER]), name="organizations_invitation_role"
            ),
            models.CheckConstraint(
                condition=models.Q(status__in=[PENDING, ACCEPTED, DECLINED, WITHDRAWN]),
                name="organizations_invitation_status",
            ),
        ]
        indexes = [models.Index(fields=["email", "status"], name="organizations_invited")]

    def __str__(self) -> str:
        return f"{self.email} to {self.organization}: {self.status}"


class RightsRequest(models.Model):
    """A wish to publish: for an organization, or for one that is made when the wish is granted."""

    public_id = models.CharField(max_length=64, unique=True, default=new_id)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="rights_requests"
    )
    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, null=True, blank=True, related_name="rights_requests"
    )
    proposed_name = models.CharField(max_length=255, blank=True)
    message = models.TextField()
    status = models.CharField(max_length=16, default=PENDING)
    reason = models.TextField(blank=True)
    requested_at = models.DateTimeField(default=clock.now)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.BigIntegerField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person"], condition=models.Q(status=PENDING), name="organizations_asked_once"
            ),
            models.CheckConstraint(
                condition=models.Q(status__in=[PENDING, GRANTED, REFUSED]), name="organizations_rights_status"
            ),
        ]
        indexes = [models.Index(fields=["status", "requested_at"], name="organizations_rights_waiting")]

    def __str__(self) -> str:
        return f"{self.person} asks to publish: {self.status}"
