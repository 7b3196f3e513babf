"""The two dialects, side by side."""

from django.urls import include, path

urlpatterns = [
    path("", include("commonhold.server.api.collective.urls")),
]
