"""Whom a key speaks for and what is left of its limits, as plain frozen values (see :mod:`.models`)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from commonhold.client.fields import mapping, optional_whole, text, web_address


@dataclass(frozen=True)
class Limit:
    """One limit of an organization. ``limit`` and ``remaining`` are None where there is none."""

    period: str
    limit: int | None
    used: int
    remaining: int | None
    resets_at: str

    @classmethod
    def read(cls, answer: object) -> Self | None:
        """Read one from a JSON object; None where the site does not tell it."""
        if not isinstance(answer, Mapping):
            return None
        return cls(
            period=text(answer, "period"),
            limit=optional_whole(answer, "limit"),
            used=optional_whole(answer, "used") or 0,
            remaining=optional_whole(answer, "remaining"),
            resets_at=text(answer, "resetsAt"),
        )


@dataclass(frozen=True)
class Account:
    """Who a key speaks for, what it may do, and what is left of its organization's limits."""

    name: str
    email: str
    organization: str
    organization_slug: str
    key_name: str
    key_prefix: str
    scopes: tuple[str, ...]
    key_expires_at: str | None
    downloads: Limit | None
    bandwidth: Limit | None
    requests: str | None
    storage_origin: str | None
    raw: Mapping[str, Any] = field(repr=False, compare=False)

    @classmethod
    def read(cls, answer: object) -> Self:
        """Read one from a JSON object."""
        source = mapping(answer, "an account")

        def part(key: str) -> Mapping[str, Any]:
            value = source.get(key)
            return value if isinstance(value, Mapping) else {}

        person, organization, key, limits = part("person"), part("organization"), part("key"), part("limits")
        requests = limits.get("requests")
        scopes = key.get("scopes")
        return cls(
            name=text(person, "name"),
            email=text(person, "email"),
            organization=text(organization, "name"),
            organization_slug=text(organization, "slug"),
            key_name=text(key, "name"),
            key_prefix=text(key, "prefix"),
            scopes=tuple(scope for scope in scopes if isinstance(scope, str))
            if isinstance(scopes, list)
            else (),
            key_expires_at=text(key, "expiresAt") or None,
            downloads=Limit.read(limits.get("downloads")),
            bandwidth=Limit.read(limits.get("bandwidth")),
            requests=(text(requests, "limit") or None) if isinstance(requests, Mapping) else None,
            storage_origin=web_address(source.get("storageOrigin")),
            raw=source,
        )
