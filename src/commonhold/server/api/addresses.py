"""The address of the site, as the sender of a request knows it."""

from django.conf import settings
from django.http import HttpRequest


def base_url(request: HttpRequest) -> str:
    """Return the address of the site as people reach it: configured, else the request's own, validated, host."""
    return settings.ENVIRONMENT.base_url or f"{request.scheme}://{request.get_host()}"
