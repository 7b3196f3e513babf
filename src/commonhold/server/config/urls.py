"""Which room answers which address."""

from django.urls import include, path

urlpatterns = [
    path("api/", include("commonhold.server.api.urls")),
    path("", include("commonhold.server.web.urls")),
]
