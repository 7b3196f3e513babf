"""What people ask for and confirm: access to datasets, and programs that sign in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from commonhold.client import errors
from commonhold.client.fields import mapping, needed, text, web_address, whole

_SHORTEST_INTERVAL, _LONGEST_INTERVAL = 1, 60
_LONGEST_LIFE = 3600


@dataclass(frozen=True)
class AccessRequest:
    """Somebody's request for access. ``requester`` and ``email`` are empty but for those who decide."""

    id: str
    dataset: str
    status: str
    message: str
    requested_at: str
    decided_at: str
    requester: str
    email: str
    raw: Mapping[str, Any] = field(repr=False, compare=False)

    @classmethod
    def read(cls, answer: object) -> Self:
        """Read one from a JSON object."""
        source = mapping(answer, "a request for access")
        requester = source.get("requester")
        who: Mapping[str, Any] = requester if isinstance(requester, Mapping) else {}
        return cls(
            id=needed(source, "id"),
            dataset=text(source, "datasetId"),
            status=text(source, "status"),
            message=text(source, "message"),
            requested_at=text(source, "requestedAt"),
            decided_at=text(source, "decidedAt"),
            requester=text(who, "name"),
            email=text(who, "email"),
            raw=source,
        )


@dataclass(frozen=True)
class DeviceCodes:
    """A sign-in that waits: what to show, what to open, and how often to ask. Times are in seconds."""

    device_code: str = field(repr=False)
    user_code: str
    page: str
    page_with_code: str
    expires_in: int
    interval: int

    @classmethod
    def read(cls, answer: object) -> Self:
        """Read them from a JSON object."""
        source = mapping(answer, "a sign-in")
        page = web_address(source.get("verificationUri"))
        if page is None:
            raise errors.ProtocolError(
                "The site names no page to sign in at.", hint="Tell the people who run it."
            )
        return cls(
            device_code=needed(source, "deviceCode"),
            user_code=needed(source, "userCode")[:40],
            page=page,
            page_with_code=web_address(source.get("verificationUriComplete")) or page,
            expires_in=min(whole(source.get("expiresIn"), "an end"), _LONGEST_LIFE),
            interval=min(
                max(whole(source.get("interval", 5), "an interval"), _SHORTEST_INTERVAL), _LONGEST_INTERVAL
            ),
        )


@dataclass(frozen=True)
class DeviceKey:
    """The key that a person confirmed."""

    key: str = field(repr=False)
    name: str
    scopes: tuple[str, ...]
    expires_at: str | None

    @classmethod
    def read(cls, answer: object) -> Self:
        """Read one from a JSON object."""
        source = mapping(answer, "a key")
        scopes = source.get("scopes")
        return cls(
            key=needed(source, "apiKey"),
            name=text(source, "name"),
            scopes=tuple(str(scope) for scope in scopes) if isinstance(scopes, list) else (),
            expires_at=text(source, "expiresAt") or None,
        )
