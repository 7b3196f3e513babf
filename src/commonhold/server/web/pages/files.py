"""Small files at fixed addresses."""

from functools import cache
from pathlib import Path

from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

_PRIVATE = (
    "/profile", "/agreements/", "/downloads/", "/publish", "/review", "/operate", "/sign-in", "/sign-up", "/api/",
)  # fmt: skip
ROBOTS = "User-agent: *\n" + "".join(f"Disallow: {path}\n" for path in _PRIVATE)


@require_safe
@cache_control(public=True, max_age=86_400)
def robots(request: HttpRequest) -> HttpResponse:  # noqa: ARG001  the view's signature
    """Tell search engines what is of no use to them."""
    return HttpResponse(ROBOTS, content_type="text/plain")


@require_safe
@cache_control(public=True, max_age=86_400)
def favicon(request: HttpRequest) -> HttpResponse:  # noqa: ARG001  as above
    """Return the site's mark."""
    return HttpResponse(_mark(), content_type="image/svg+xml")


@cache
def _mark() -> bytes:
    return (Path(__file__).parent.parent / "static" / "web" / "mark.svg").read_bytes()
