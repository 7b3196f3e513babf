"""Access to restricted datasets: asking for it, and deciding about those who ask."""

from typing import TYPE_CHECKING

from commonhold.client.deferred import Deferred
from commonhold.client.fields import whole
from commonhold.client.wire import Wire, items_of, pages, part

if TYPE_CHECKING:
    from collections.abc import Iterator

    from commonhold.client import people
else:
    people = Deferred("commonhold.client.people")

_PAGE = 100


class AccessCalls(Wire):
    """Calls about requests for access."""

    def request_access(self, name: str, message: str = "") -> "people.AccessRequest":
        """Ask for access to a restricted dataset; asking again shows what became of it."""
        return people.AccessRequest.read(
            self.send("POST", _requests_of(name), {"message": message}, repeatable=True)
        )

    def access_requests(self, name: str) -> "Iterator[people.AccessRequest]":
        """Yield who asked for a dataset of one's own organization, those that wait first."""
        return pages(lambda page: self.access_requests_page(name, page))

    def access_requests_page(
        self, name: str, page: int = 1, limit: int = _PAGE
    ) -> "tuple[list[people.AccessRequest], int]":
        """Return a page of who asked for a dataset, and how many there are."""
        answer = self._get(_requests_of(name), {"page": page, "limit": limit})
        found = [people.AccessRequest.read(item) for item in items_of(answer, "requests")]
        return found, whole(answer.get("total"), "a total")

    def decide_access(self, request: str, status: str) -> "people.AccessRequest":
        """Decide about a request: ``approved``, ``rejected`` or ``revoked``."""
        identifier = part(request, "a request", "`access_requests` yields them.")
        answer = self.send("POST", f"/access-requests/{identifier}", {"status": status}, repeatable=True)
        return people.AccessRequest.read(answer)


def _requests_of(name: str) -> str:
    return f"/datasets/{part(name, 'a dataset', 'Give an id or slug.')}/access-requests"
