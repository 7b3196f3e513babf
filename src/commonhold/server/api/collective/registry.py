"""Loading schemas, where the official client looks for them: ``GET /registry/main/registry/{id}/schema.yaml``.

The client asks without credentials (collective-api.md 5). What it gets describes how an archive is read, no more than a
dataset's page does: so public and restricted datasets' schemas are open, a private one's needs a key.
"""

import re

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import path

from commonhold.server.access import rules
from commonhold.server.api.collective import problems
from commonhold.server.api.collective.endpoint import Endpoint, base_url, identify, stranger
from commonhold.server.catalogue import queries
from commonhold.server.catalogue.models import LoadingSchema

NO_SCHEMA = "No schema"
_DATASET_ID = re.compile(r"^dataset_id[ \t]*:.*$", re.MULTILINE)


class Schema(Endpoint):
    """``/registry/main/registry/{id}/schema.yaml``."""

    def admit(self, request: HttpRequest) -> None:
        """Let strangers in; credentials that are sent are checked."""
        self.caller = identify(request)
        viewer = self.caller.viewer
        if viewer.is_anonymous:
            self.count(stranger(request), settings.ENVIRONMENT.request_limit)
        else:
            self.count(f"organization:{viewer.organization}", self.caller.limits.requests)

    def get(self, request: HttpRequest, dataset: str) -> HttpResponse:
        """Return the dataset's schema as YAML."""
        viewer = self.caller.viewer
        row = queries.dataset(viewer, dataset)
        facts = row and rules.Facts(
            organization=row.organization,
            visibility=row.visibility,
            status=row.status,
            status_reason=row.status_reason,
        )
        decided = rules.see(viewer, facts)
        if viewer.is_anonymous and decided.reason is rules.Reason.MEMBERSHIP:
            decided = rules.NOT_FOUND
        if row is None or not decided.allowed:
            page = f"{base_url(request)}/datasets/{dataset}"
            raise problems.refusal(decided, page, settings.ENVIRONMENT.legal_url)
        found = LoadingSchema.objects.filter(dataset_id=row.row_id).first()
        if found is None:
            raise problems.Problem(404, NO_SCHEMA, "No loading schema is kept for this dataset.")
        content = named(found.text, row.public_id).encode()
        headers = {"Content-Type": "application/yaml; charset=utf-8", "Content-Length": str(len(content))}
        return HttpResponse(content, headers=headers)


def named(text: str, public_id: str) -> str:
    """Return the schema with the dataset's id in it: one that came in the archive cannot have known it."""
    line = f"dataset_id: {public_id}"
    return _DATASET_ID.sub(line, text, count=1) if _DATASET_ID.search(text) else f"{line}\n{text}"


urlpatterns = [path("main/registry/<str:dataset>/schema.yaml", Schema.as_view())]
