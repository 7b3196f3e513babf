"""Access to restricted datasets: asking for it, and deciding about those who ask."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from commonhold.client.models import mapping, needed, text, whole
from commonhold.client.wire import Wire, items_of, pages, part

_PAGE = 100


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


class AccessCalls(Wire):
    """Calls about requests for access."""

    def request_access(self, name: str, message: str = "") -> AccessRequest:
        """Ask for access to a restricted dataset; asking again shows what became of it."""
        return AccessRequest.read(
            self.send("POST", _requests_of(name), {"message": message}, repeatable=True)
        )

    def access_requests(self, name: str) -> Iterator[AccessRequest]:
        """Yield who asked for a dataset of one's own organization, those that wait first."""
        return pages(lambda page: self.access_requests_page(name, page))

    def access_requests_page(
        self, name: str, page: int = 1, limit: int = _PAGE
    ) -> tuple[list[AccessRequest], int]:
        """Return a page of who asked for a dataset, and how many there are."""
        answer = self._get(_requests_of(name), {"page": page, "limit": limit})
        found = [AccessRequest.read(item) for item in items_of(answer, "requests")]
        return found, whole(answer.get("total"), "a total")

    def decide_access(self, request: str, status: str) -> AccessRequest:
        """Decide about a request: ``approved``, ``rejected`` or ``revoked``."""
        identifier = part(request, "a request", "`access_requests` yields them.")
        answer = self.send("POST", f"/access-requests/{identifier}", {"status": status}, repeatable=True)
        return AccessRequest.read(answer)


def _requests_of(name: str) -> str:
    return f"/datasets/{part(name, 'a dataset', 'Give an id or slug.')}/access-requests"
