"""Addresses end in a slash: without it every method is redirected, a write to a read-only site too (rule 2.9)."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase, HttpResponsePermanentRedirect
from django.urls import ResolverMatch, resolve

PREFIX = "/api/v4/"


class SlashMiddleware:
    """Answers 301 where an address exists with a slash and not without."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer one request."""
        path = request.path_info
        if path.startswith(PREFIX) and not path.endswith("/") and _lacks_slash(path):
            response = HttpResponsePermanentRedirect(request.get_full_path(force_append_slash=True))
            response["Content-Length"] = "0"
            return response
        return self.get_response(request)


def _lacks_slash(path: str) -> bool:
    return not _is_known(resolve(path)) and _is_known(resolve(f"{path}/"))


def _is_known(match: ResolverMatch) -> bool:
    return match.url_name != "unknown"
