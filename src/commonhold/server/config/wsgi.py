"""The site as a WSGI application, for Granian or any other server: one handler for the APIs, one for pages."""

import os
from collections.abc import Callable, Iterable
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "commonhold.server.config.settings")

import django

django.setup(set_prefix=False)

from django.conf import settings  # noqa: E402  as above
from django.core.handlers.wsgi import WSGIHandler  # noqa: E402  as above


class ApiHandler(WSGIHandler):
    """Django's handler, with the short chain of middleware that the APIs pass."""

    def load_middleware(self, is_async: bool = False) -> None:
        """Build the chain from ``API_MIDDLEWARE``; Django knows only one name for it."""
        pages = settings.MIDDLEWARE
        settings.MIDDLEWARE = settings.API_MIDDLEWARE
        try:
            super().load_middleware(is_async)
        finally:
            settings.MIDDLEWARE = pages

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer one request without Django's request signals.

        Their receivers only look after database connections: the endpoints close one that has failed themselves, and
        none grows old (CONN_MAX_AGE is None). Asking at every request costs a sixth of a whole answer.
        """
        response = self.get_response(self.request_class(environ))
        headers = [
            *response.items(),
            *(("Set-Cookie", morsel.OutputString()) for morsel in response.cookies.values()),
        ]
        start_response(f"{response.status_code} {response.reason_phrase}", headers)
        return response.streaming_content if response.streaming else [response.content]


_api, _pages = ApiHandler(), WSGIHandler()


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Answer one request."""
    handler = _api if environ.get("PATH_INFO", "").startswith("/api/") else _pages
    answered: Iterable[bytes] = handler(environ, start_response)
    return answered
