"""Pure decisions about organizations."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from commonhold.server.config.environment import Environment
from commonhold.server.kit.viewer import OWNER, PUBLISH, Viewer


@dataclass(frozen=True, slots=True)
class Limits:
    """What an organization may use; None is no limit.

    Attributes:
        downloads: download sessions in a UTC day.
        bandwidth: bytes granted in a UTC day.
        requests: a rate such as ``1000/minute``.
    """

    downloads: int | None
    bandwidth: int | None
    requests: str | None


def effective_limits(own: Mapping[str, Any], environment: Environment) -> Limits:
    """Return the limits in force: the organization's own where it has one, the site's elsewhere."""
    return Limits(
        downloads=own.get("downloads", environment.daily_download_limit),
        bandwidth=own.get("bandwidth", environment.daily_bandwidth_limit),
        requests=own.get("requests", environment.request_limit),
    )


def may_describe(viewer: Viewer, organization: int) -> bool:
    """Whether the viewer may change how an organization presents itself."""
    return viewer.memberships.get(organization) == OWNER and PUBLISH in viewer.scopes


def may_manage(viewer: Viewer, organization: int) -> bool:
    """Whether the viewer may say who belongs to an organization."""
    return may_describe(viewer, organization)


def leaves_an_owner(owners: Iterable[int], person: int, role: str | None) -> bool:
    """Whether an organization still has an owner once ``person`` has ``role`` there (None: is gone)."""
    return role == OWNER or any(owner != person for owner in owners)
