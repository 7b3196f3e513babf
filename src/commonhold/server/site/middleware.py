"""Refuses writes while the site is read-only: before routing, sign-in and limits (rules 2.9 and 4.4)."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseBase

from commonhold.server.site import read_only
from commonhold.server.site.refusals import refusal

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
# Pages answer with a page of their own (web.read_only); the database session is the same for both.
_API = "/api/"
# Answers whether this process lives, whatever the database does.
_ASKS_NO_DATABASE = frozenset({"/api/health"})


class ReadOnlyMiddleware:
    """Answers writes with 503, and keeps the database session from writing."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer one request."""
        if request.path_info in _ASKS_NO_DATABASE and request.method in SAFE:
            return self.get_response(request)
        on = read_only.keep_in_step()
        if on and request.method not in SAFE and request.path_info.startswith(_API):
            return refusal(request)
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Answer a database that refuses writes as the switch would have (rule 4.5)."""
        return refusal(request) if read_only.is_refusal(exception) else None
