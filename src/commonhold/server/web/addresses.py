"""Addresses of the site, as people outside reach it."""

from django.conf import settings
from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme


def site_address(request: HttpRequest) -> str:
    """Return the site's address without a slash at the end: configured, else the request's own, validated, host."""
    return settings.ENVIRONMENT.base_url or f"{request.scheme}://{request.get_host()}"


def absolute(request: HttpRequest, path: str) -> str:
    """Return ``path``, which begins with a slash, as a whole address."""
    return site_address(request) + path


def safe_next(request: HttpRequest, default: str) -> str:
    """Return the address of ours that a form wants to go on to, or ``default``: never another site's."""
    wanted = request.POST.get("next", "")
    allowed = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return wanted if allowed else default
