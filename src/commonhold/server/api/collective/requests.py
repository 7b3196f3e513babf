"""Access requests: asking for a restricted dataset, and deciding about those who ask (collective-api.md 4.4)."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from commonhold.server.access import actions, queries, rules
from commonhold.server.access.models import APPROVED, REJECTED, REVOKED, AccessRequest
from commonhold.server.api.collective import problems
from commonhold.server.api.collective.endpoint import Endpoint, answer, base_url, object_body
from commonhold.server.api.collective.parameters import LARGEST_PAGE_SIZE, PAGE_SIZE, Parameters
from commonhold.server.api.collective.publishing import CONFLICT, DENIED, NOT_FOUND, moment
from commonhold.server.api.collective.shapes import Moment, Shape
from commonhold.server.catalogue.models import Dataset
from commonhold.server.catalogue.states import RESTRICTED
from commonhold.server.kit import clock
from commonhold.server.kit.viewer import PUBLISH


class Requester(Shape):
    """Who asks."""

    name: str
    email: str


class RequestForAccess(Shape):
    """A request for access, and what became of it; ``requester`` is shown to those who decide."""

    id: str
    dataset_id: str
    status: str
    message: str
    requested_at: Moment
    decided_at: Moment | None
    requester: Requester | None = None


class AccessMessage(Shape):
    """What the publisher is told."""

    message: str = ""


class AccessDecision(Shape):
    """``approved``, ``rejected`` or ``revoked``."""

    status: str


class RequestList(Shape):
    """Requests for access, those that wait first."""

    items: list[RequestForAccess]
    total: int


class DatasetRequests(Endpoint):
    """``/datasets/{id}/access-requests``."""

    def get(self, request: HttpRequest, dataset: str) -> HttpResponse:
        """Return who asked for the dataset, to those who decide."""
        row = self._dataset(request, dataset)
        if not self.caller.viewer.may_publish_for(row.organization_id):
            raise _may_not_decide(self)
        parameters = Parameters(request.GET)
        page = parameters.integer("page", 1) or 1
        limit = parameters.integer("limit", PAGE_SIZE, highest=LARGEST_PAGE_SIZE) or PAGE_SIZE
        parameters.check()
        found = queries.requests_for(self.caller.viewer, row.organization_id).filter(dataset=row)
        entries = found[(page - 1) * limit : page * limit]
        return answer(RequestList([_shown(entry, decides=True) for entry in entries], found.count()))

    def post(self, request: HttpRequest, dataset: str) -> HttpResponse:
        """Ask for access; asking again shows what became of it."""
        message = object_body(request).get("message", "")
        if not isinstance(message, str) or "\0" in message or len(message) > rules.LONGEST_REQUEST:
            told = f"Must be text of at most {rules.LONGEST_REQUEST} characters."
            raise problems.invalid({"message": told})
        row = self._dataset(request, dataset)
        if row.visibility != RESTRICTED or self.caller.viewer.is_member_of(row.organization_id):
            raise problems.Problem(409, CONFLICT, "Nobody's approval is needed for this dataset.")
        asked = actions.request_access(self.caller.viewer, row, message.strip(), site=base_url(request))
        return answer(_shown(asked, decides=False))

    def _dataset(self, request: HttpRequest, name: str) -> Dataset:
        viewer = self.caller.viewer
        target = queries.download_target(viewer, name)
        decided = rules.see(viewer, target.facts if target else None)
        if target is None or not decided.allowed:
            page = f"{base_url(request)}/datasets/{name}"
            raise problems.refusal(decided, page, settings.ENVIRONMENT.legal_url)
        return Dataset.objects.select_related("organization").get(pk=target.dataset)


class OneRequest(Endpoint):
    """``POST /access-requests/{id}``."""

    def post(self, request: HttpRequest, access_request: str) -> HttpResponse:
        """Approve, reject or revoke; the same decision again changes nothing."""
        status = object_body(request).get("status")
        if status not in {APPROVED, REJECTED, REVOKED}:
            raise problems.invalid({"status": f"Must be one of: {APPROVED}, {REJECTED}, {REVOKED}."})
        viewer = self.caller.viewer
        entry = (
            AccessRequest.objects.select_related("dataset", "person").filter(public_id=access_request).first()
        )
        if entry is None or not viewer.is_member_of(entry.dataset.organization_id):
            raise problems.Problem(404, NOT_FOUND, "There is no request with this id for your organization.")
        if not viewer.may_publish_for(entry.dataset.organization_id):
            raise _may_not_decide(self)
        try:
            actions.answer_request(viewer, entry, status, site=base_url(request))
        except actions.DecidedOtherwiseError as error:
            told = f"This request is {error.status}; that cannot be {status}."
            raise problems.Problem(409, CONFLICT, told) from None
        return answer(_shown(entry, decides=True))


def _may_not_decide(endpoint: Endpoint) -> problems.Problem:
    if PUBLISH not in endpoint.caller.viewer.scopes:
        message = "This API key lacks the scope “publish”. Make one that has it."
        return problems.Problem(403, problems.MISSING_SCOPE, message, reason="scope")
    return problems.Problem(
        403, DENIED, "Only the dataset's publishers decide about requests.", reason="role"
    )


def _shown(entry: AccessRequest, *, decides: bool) -> RequestForAccess:
    return RequestForAccess(
        id=entry.public_id,
        dataset_id=entry.dataset.public_id,
        status=entry.status,
        message=entry.message,
        requested_at=clock.iso(entry.requested_at),
        decided_at=moment(entry.decided_at),
        requester=Requester(entry.person.name, entry.person.email) if decides else None,
    )
