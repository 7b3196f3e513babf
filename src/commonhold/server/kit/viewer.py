"""Who is asking: a plain value that every read takes as its first argument."""

from collections.abc import Mapping
from dataclasses import dataclass, field

OWNER = "owner"
PUBLISHER = "publisher"
MEMBER = "member"
ROLES = (OWNER, PUBLISHER, MEMBER)

REVIEWER = "reviewer"
OPERATOR = "operator"
SITE_ROLES = (REVIEWER, OPERATOR)

READ = "read"
DOWNLOAD = "download"
PUBLISH = "publish"
SCOPES = (READ, DOWNLOAD, PUBLISH)


@dataclass(frozen=True, slots=True)
class Viewer:
    """One caller, as the credentials said.

    Attributes:
        person: the person's row id, or None for a stranger.
        organization: the row id of the organization the caller acts for, or None.
        memberships: role by organization row id. With an API key only the key's own organization is in it, so that
            a key never opens what another organization shares with the same person.
        site_roles: what the person may do for the whole site (``reviewer``, ``operator``).
        scopes: what the credential may be used for; a web session has all of them.
        credential: the row id of the API key in use, or None.
    """

    person: int | None = None
    organization: int | None = None
    memberships: Mapping[int, str] = field(default_factory=dict)
    site_roles: frozenset[str] = frozenset()
    scopes: frozenset[str] = frozenset()
    credential: int | None = None

    @property
    def is_anonymous(self) -> bool:
        """Whether nobody is known behind the request."""
        return self.person is None

    @property
    def is_operator(self) -> bool:
        """Whether the caller runs the site."""
        return OPERATOR in self.site_roles

    def is_member_of(self, organization: int) -> bool:
        """Whether the caller belongs to this organization, as far as the credential shows."""
        return organization in self.memberships

    def may_publish_for(self, organization: int) -> bool:
        """Whether the caller's role lets them change what this organization publishes."""
        return self.memberships.get(organization) in {OWNER, PUBLISHER} and PUBLISH in self.scopes


ANONYMOUS = Viewer(scopes=frozenset({READ}))
