"""The two dialects, side by side."""

from django.urls import include, path, re_path

from commonhold.server.api.v4.endpoint import Unknown

urlpatterns = [
    path("v4/", include("commonhold.server.api.v4.urls")),
    # A version there is not, and v4 itself: JSON, never a page (rule 9.5, decision D9).
    re_path(r"^v\d+(/.*)?$", Unknown.as_view(), name="unknown"),
    path("", include("commonhold.server.api.collective.urls")),
]
