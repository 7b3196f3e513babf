"""How organizations publish."""

from django.db import transaction

from commonhold.server.audit.actions import record
from commonhold.server.kit.viewer import Viewer
from commonhold.server.organizations.actions import NotAllowedError
from commonhold.server.organizations.models import Organization
from commonhold.server.submissions.models import PublishingPolicy
from commonhold.server.submissions.queries import versions_wait


@transaction.atomic
def set_review_of_versions(viewer: Viewer | None, organization: Organization, *, needed: bool) -> bool:
    """Say whether new versions of an organization's datasets wait for a reviewer before they go live.

    The site's operators decide, because its reviewers have the work and answer for what is shown: an organization
    can neither ask them for it nor free itself. Versions that wait already go on waiting.

    Args:
        viewer: the operator (None: at the command line).
        organization: whose datasets.
        needed: whether a reviewer looks first.

    Returns:
        Whether anything changed.

    Raises:
        NotAllowedError: the viewer is no operator.
    """
    if viewer is not None and not viewer.is_operator:
        raise NotAllowedError
    if versions_wait(organization.pk) == needed:
        return False
    PublishingPolicy.objects.update_or_create(
        organization=organization, defaults={"review_new_versions": needed}
    )
    record(viewer, "submissions.policy_set", "organization", organization.slug, review_new_versions=needed)
    return True
