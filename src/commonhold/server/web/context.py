"""What every page's frame shows."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import get_language, get_language_bidi

from commonhold.server.kit.languages import OFFERED
from commonhold.server.site.queries import switches
from commonhold.server.web.components import shown_notice
from commonhold.server.web.viewer import acting_membership, viewer_of

SITE_NAME = "Commonhold"
# Pages that are a step of signing in, by the beginning of their names.
_STEPS = ("account_", "mfa_", "openid_connect_", "socialaccount_")


def page(request: HttpRequest) -> dict[str, Any]:
    """Return the frame's values: who reads, in which language, and what the operator has to say."""
    locale = request.reader_locale
    site = switches()
    return {
        "site_name": SITE_NAME,
        "viewer": viewer_of(request),
        "person": request.user if request.user.is_authenticated else None,
        "acting": acting_membership(request),
        "reader_locale": locale,
        "page_language": get_language(),
        "page_direction": "rtl" if get_language_bidi() else "ltr",
        "offered_languages": [(code, name, code == locale) for code, (name, _) in OFFERED.items()],
        "notice": shown_notice(site.notice, locale),
        "notice_severity": site.notice_severity,
        "is_read_only": site.read_only,
        "sign_in_address": _sign_in_address(request),
    }


def _sign_in_address(request: HttpRequest) -> str:
    """Return the sign-in page's address, with the way back here, unless here is a step of signing in itself."""
    address, match = reverse("account_login"), request.resolver_match
    if match is None or request.method != "GET" or (match.url_name or "").startswith(_STEPS):
        return address
    return f"{address}?{urlencode({'next': request.get_full_path()})}"
