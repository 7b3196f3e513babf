"""Receipts of agreements: for their owner, as a page to keep and as JSON."""

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from commonhold.server.access.queries import Receipt, receipt
from commonhold.server.kit import clock
from commonhold.server.web.addresses import absolute
from commonhold.server.web.components import shown
from commonhold.server.web.viewer import signed_in, viewer_of


def _own(request: HttpRequest, public_id: str) -> Receipt:
    found = receipt(viewer_of(request), public_id)
    if found is None:
        raise Http404
    return found


@require_safe
@signed_in
def page(request: HttpRequest, public_id: str) -> HttpResponse:
    """Show what was agreed to, when, and the text."""
    found = _own(request, public_id)
    locale = request.reader_locale
    name = shown(found.dataset_name, locale, found.dataset_default_locale)
    return render(request, "agreements/receipt.html", {"receipt": found, "name": name or found.dataset_slug})


@require_safe
@signed_in
def document(request: HttpRequest, public_id: str) -> HttpResponse:
    """Return the same for programs."""
    found = _own(request, public_id)
    body = {
        "id": found.public_id,
        "agreedAt": clock.iso(found.agreed_at),
        "person": request.user.email,
        "organization": found.organization_slug,
        "dataset": {"id": found.dataset_public_id, "slug": found.dataset_slug},
        "terms": {
            "version": found.terms_number,
            "locale": found.locale,
            "sha256": found.text_hash,
            "text": found.text,
        },
        "url": absolute(request, request.path.removesuffix(".json")),
    }
    return JsonResponse(body, json_dumps_params={"ensure_ascii": False, "indent": 2})
