"""Refuses writes while the site is read-only: before routing, sign-in and limits (rules 2.9 and 4.4)."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseBase

from commonhold.server.site import read_only
from commonhold.server.site.refusals import refusal

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
# Pages answer with a page of their own (web.read_only); the database session is the same for both.
_API = "/api/"


class ReadOnlyMiddleware:
    """Answers writes with 503, and keeps the database session from writing."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer one request."""
        is_safe, is_api = request.method in SAFE, request.path_info.startswith(_API)
        # A read of the API goes by the switch as it was last seen: it writes nothing, and looking costs a statement.
        on = read_only.keep_in_step(look=not (is_safe and is_api))
        if on and not is_safe and is_api:
            return refusal(request)
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Answer a database that refuses writes as the switch would have (rule 4.5)."""
        return refusal(request) if read_only.is_refusal(exception) else None
