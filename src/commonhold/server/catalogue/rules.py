"""Pure decisions about which datasets a viewer may know of."""

from commonhold.server.catalogue.states import PUBLIC, RESTRICTED, VISIBILITIES
from commonhold.server.kit.viewer import OWNER, PUBLISH, Viewer

VISIBLE_TO_ALL = (PUBLIC, RESTRICTED)


def is_listed_for(viewer: Viewer, *, visibility: str, organization: int) -> bool:
    """Whether the dataset shows in this viewer's lists: everyone's, or of an organization the viewer belongs to."""
    return visibility in VISIBLE_TO_ALL or viewer.is_member_of(organization)


def is_wider(visibility: str, than: str) -> bool:
    """Whether a dataset that becomes ``visibility`` could be used by more people than one that is ``than``."""
    return VISIBILITIES.index(visibility) < VISIBILITIES.index(than)


def may_remove(viewer: Viewer, organization: int) -> bool:
    """Whether the viewer may remove the organization's datasets for good."""
    return viewer.memberships.get(organization) == OWNER and PUBLISH in viewer.scopes
