"""Finding datasets: details, list, filters."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from commonhold.server.access import rules
from commonhold.server.api.collective import problems, shapes
from commonhold.server.api.collective.endpoint import Endpoint, answer, base_url
from commonhold.server.api.collective.parameters import asked_language, asked_list, asked_version
from commonhold.server.catalogue import queries
from commonhold.server.catalogue.search import finding
from commonhold.server.catalogue.vocabularies import TASKS
from commonhold.server.kit.viewer import READ

MOST_VERSIONS = 1000


class CatalogueEndpoint(Endpoint):
    """A read of the catalogue: open to strangers where the site says so (decision 1)."""

    requires_key = False


class Details(CatalogueEndpoint):
    """``GET /datasets/{id}``."""

    def get(self, request: HttpRequest, dataset: str) -> HttpResponse:
        """Return one dataset, by id or slug (seed 000, "Get Dataset Details")."""
        version = asked_version(request.GET)
        viewer = self.caller.viewer
        row = queries.dataset(viewer, dataset, version)
        site = base_url(request)
        decided = rules.see(viewer, _facts(row))
        if viewer.is_anonymous and decided.reason is rules.Reason.MEMBERSHIP:
            decided = rules.NOT_FOUND
        if row is None or not decided.allowed:
            raise problems.refusal(decided, f"{site}/datasets/{dataset}", settings.ENVIRONMENT.legal_url)
        if version is not None and row.version is None:
            raise problems.Problem(404, problems.DATASET_NOT_FOUND, f"This dataset has no version {version}.")
        return answer(shapes.details(viewer, row, asked_language(request.GET), site))


class List(CatalogueEndpoint):
    """``GET /datasets``."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Return one page of the datasets that show in the caller's list."""
        viewer = self.caller.viewer
        _require_read(viewer.scopes)
        filters, page, limit = asked_list(request.GET)
        rows, total = finding.listed(viewer, filters, limit=limit, offset=(page - 1) * limit)
        lang, site = asked_language(request.GET), base_url(request)
        return answer(
            shapes.DatasetList(items=[shapes.summary(viewer, row, lang, site) for row in rows], total=total)
        )


class Versions(CatalogueEndpoint):
    """``GET /datasets/{id}/versions``."""

    def get(self, request: HttpRequest, dataset: str) -> HttpResponse:
        """Return every version, the newest first; each stays addressable with ``?version=`` (decision 9)."""
        viewer = self.caller.viewer
        row = queries.dataset(viewer, dataset)
        decided = rules.see(viewer, _facts(row))
        if viewer.is_anonymous and decided.reason is rules.Reason.MEMBERSHIP:
            decided = rules.NOT_FOUND
        if row is None or not decided.allowed:
            page = f"{base_url(request)}/datasets/{dataset}"
            raise problems.refusal(decided, page, settings.ENVIRONMENT.legal_url)
        sheet = queries.datasheet(viewer, row.row_id, versions=MOST_VERSIONS)
        lang = asked_language(request.GET)
        return answer(shapes.versions(row, sheet.versions, lang))


class FilterValues(CatalogueEndpoint):
    """``GET /datasets/filters``."""

    def get(self, request: HttpRequest) -> HttpResponse:  # noqa: ARG002  the method's signature
        """Return what a list can be narrowed to."""
        viewer = self.caller.viewer
        _require_read(viewer.scopes)
        return answer(shapes.DatasetFilters(tasks=list(TASKS), **queries.filter_values(viewer)))


def _require_read(scopes: frozenset[str]) -> None:
    if READ not in scopes:
        raise problems.refusal(
            rules.Answer(rules.Reason.SCOPE, "This API key lacks the scope “read”. Make one that has it."), ""
        )


def _facts(row: queries.DatasetRow | None) -> rules.Facts | None:
    if row is None:
        return None
    return rules.Facts(
        organization=row.organization,
        visibility=row.visibility,
        status=row.status,
        status_reason=row.status_reason,
    )
