"""Which room answers which address."""

from django.urls import include, path

urlpatterns = [
    path("api/", include("commonhold.server.api.urls")),
    path("registry/", include("commonhold.server.api.collective.registry")),
    path("", include("commonhold.server.api.reference")),
    path("", include("commonhold.server.web.urls")),
]

_errors = "commonhold.server.web.pages.errors"
handler400 = f"{_errors}.bad_request"
handler403 = f"{_errors}.forbidden"
handler404 = f"{_errors}.not_found"
handler429 = f"{_errors}.too_many_requests"
handler500 = f"{_errors}.failure"
