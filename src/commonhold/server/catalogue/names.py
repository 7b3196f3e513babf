"""What datasets are called, for lists of other rooms that name them by row."""

from collections.abc import Iterable

from django.db.models import Q

from commonhold.server.catalogue.models import Dataset
from commonhold.server.catalogue.states import PRIVATE, PUBLISHED
from commonhold.server.kit.viewer import Viewer


def named(viewer: Viewer, rows: Iterable[int]) -> dict[int, Dataset]:
    """Return the datasets of these row ids that the viewer may see, with what names them."""
    seen = Q(status=PUBLISHED) & (~Q(visibility=PRIVATE) | Q(organization_id__in=sorted(viewer.memberships)))
    found = Dataset.objects.filter(seen, pk__in=set(rows))
    return {row.pk: row for row in found.only("public_id", "slug", "name", "default_locale")}
