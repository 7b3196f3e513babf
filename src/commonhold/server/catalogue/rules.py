"""Pure decisions about which datasets a viewer may know of."""

from commonhold.server.kit.viewer import Viewer

VISIBLE_TO_ALL = ("public", "restricted")


def is_listed_for(viewer: Viewer, *, visibility: str, organization: int) -> bool:
    """Whether the dataset shows in this viewer's lists: everyone's, or of an organization the viewer belongs to."""
    return visibility in VISIBLE_TO_ALL or viewer.is_member_of(organization)
