"""Read-only mode for pages: forms are answered kindly, before anything is written."""

from functools import wraps

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse

from commonhold.server.config.middleware import Respond
from commonhold.server.site.queries import switches
from commonhold.server.web.pages import errors
from commonhold.server.web.viewer import Page


def unless_read_only(page: Page) -> Page:
    """Answer as to a form where a page would note something in the session already when it is opened."""

    @wraps(page)
    def guarded(request: HttpRequest, *arguments: object, **named: object) -> HttpResponse:
        return errors.read_only(request) if switches().read_only else page(request, *arguments, **named)

    return guarded


class ReadOnlyMiddleware:
    """Answers 503 to whatever a page would write while the site is read-only."""

    def __init__(self, get_response: Respond) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer one request."""
        if (
            request.method not in {"GET", "HEAD", "OPTIONS"}
            and request.path_info != reverse("language")
            and switches().read_only
        ):
            return errors.read_only(request)
        return self.get_response(request)
