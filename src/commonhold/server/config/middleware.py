"""What every request passes first and last, pages and APIs alike."""

import ipaddress
import os
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

_DRAINED = 1024 * 1024

Respond = Callable[[HttpRequest], HttpResponseBase]


class RequestMiddleware:
    """Gives each request an id, finds the client's address behind trusted proxies, and reads what was left unread."""

    def __init__(self, get_response: Respond) -> None:
        self.get_response = get_response
        self.proxies = [ipaddress.ip_network(network) for network in settings.ENVIRONMENT.trusted_proxies]

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer one request."""
        request.id = os.urandom(16).hex()  # type: ignore[attr-defined]
        if self.proxies:
            self._forwarded(request)
        response = self.get_response(request)
        if request.method in {"POST", "PUT", "PATCH", "DELETE"}:
            _drain(request)
        response["X-Request-ID"] = request.id  # type: ignore[attr-defined]
        return response

    def _forwarded(self, request: HttpRequest) -> None:
        """Believe forwarding headers only from proxies we were told of, and only up to the first stranger."""
        address = request.META.get("REMOTE_ADDR", "")
        if not self._trusts(address):
            return
        for hop in _hops(request):
            try:
                ipaddress.ip_address(hop)
            except ValueError:
                break
            address = hop
            if not self._trusts(hop):
                break
        request.META["REMOTE_ADDR"] = address
        if request.META.get("HTTP_X_FORWARDED_PROTO") in {"http", "https"}:
            request.META["wsgi.url_scheme"] = request.META["HTTP_X_FORWARDED_PROTO"]
        if host := request.META.get("HTTP_X_FORWARDED_HOST"):
            request.META["HTTP_HOST"] = host

    def _trusts(self, address: str) -> bool:
        try:
            parsed = ipaddress.ip_address(address)
        except ValueError:
            return False
        return any(parsed in network for network in self.proxies)


def _hops(request: HttpRequest) -> list[str]:
    """Return the addresses of the forwarding header, the nearest proxy's word first; a header of bounded length."""
    header: str = request.META.get("HTTP_X_FORWARDED_FOR", "")
    return [hop.strip() for hop in reversed(header.split(",")[-20:])]


def _drain(request: HttpRequest) -> None:
    """Read a small body nobody read, so that a client in the middle of sending sees the answer and not a reset."""
    try:
        length = int(request.META.get("CONTENT_LENGTH") or 0)
        if length <= _DRAINED:
            while request.read(65536):
                continue
    except (OSError, ValueError):
        return  # the client has gone, or sent what is no length: nothing is left to read
