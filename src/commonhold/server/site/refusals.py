"""What a write is answered while the site is read-only: 503, in the shape of the part of the site that was asked."""

import json

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from commonhold.server.kit.translation import best_locale

# The fixed English text of the Data Collective API (decision 6: never translated).
COLLECTIVE_ERROR = "Service unavailable: the site is read-only."


def message(locale: str) -> str:
    """Return the whole sentence of rule 4.2 in this locale."""
    with translation.override(locale.lower()):
        return _(
            "Some features are temporarily disabled while we perform website maintenance. We'll be back to full "
            "capacity shortly."
        )


def refusal(request: HttpRequest) -> HttpResponse:
    """Return the 503: ``{error}`` under ``/api/v4/``, ``{error, message}`` under ``/api/``, a page elsewhere."""
    locale = best_locale(request.GET.get("lang"), request.META.get("HTTP_ACCEPT_LANGUAGE"))
    text = message(locale)
    if request.path_info.startswith("/api/v4/"):
        response = _json({"error": text})
    elif request.path_info.startswith("/api/"):
        response = _json({"error": COLLECTIVE_ERROR, "message": text})
    else:
        content = render_to_string("site/read_only.html", {"message": text, "locale": locale})
        response = HttpResponse(content, status=503)
    response["Vary"] = "Accept-Language"
    return response


def _json(body: dict[str, str]) -> HttpResponse:
    content = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
    headers = {"Content-Type": "application/json", "Content-Length": str(len(content))}
    return HttpResponse(content, status=503, headers=headers)
