"""How organizations publish."""

from django.db import transaction

from commonhold.server.audit.actions import record
from commonhold.server.kit.viewer import Viewer
from commonhold.server.organizations.models import Organization
from commonhold.server.submissions.models import PublishingPolicy


@transaction.atomic
def set_review_of_versions(viewer: Viewer | None, organization: Organization, *, needed: bool) -> None:
    """Say whether new versions of an organization's datasets wait for a reviewer before they go live."""
    PublishingPolicy.objects.update_or_create(
        organization=organization, defaults={"review_new_versions": needed}
    )
    record(viewer, "submissions.policy_set", "organization", organization.slug, review_new_versions=needed)
