"""A person's own overview: organizations, what is left of today, agreements, requests."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from commonhold.server.access.queries import receipts_of, requests_by, use_on
from commonhold.server.kit import clock
from commonhold.server.kit.translation import DEFAULT_LOCALE
from commonhold.server.organizations.members import invitations_to
from commonhold.server.organizations.rules import effective_limits
from commonhold.server.web.components import shown
from commonhold.server.web.viewer import (
    ACTING_FOR,
    acting_membership,
    form_of,
    memberships,
    signed_in,
    viewer_of,
)


@require_safe
@signed_in
def page(request: HttpRequest) -> HttpResponse:
    """Show the overview."""
    viewer, moment = viewer_of(request), clock.now()
    locale = request.reader_locale
    acting = acting_membership(request)
    context = {
        "memberships": memberships(request),
        "invitations": invitations_to(viewer),
        "quotas": _quotas(request) if acting else [],
        "resets_at": clock.next_midnight(moment),
        "agreements": [
            (
                receipt,
                shown(receipt.dataset_name, locale, receipt.dataset_default_locale) or receipt.dataset_slug,
            )
            for receipt in receipts_of(viewer)
        ],
        "requests": [
            (entry, shown(entry.dataset.name, locale, entry.dataset.default_locale) or entry.dataset.slug)
            for entry in requests_by(viewer)
        ],
        "acting_name": shown(acting.organization.name, locale, DEFAULT_LOCALE) if acting else None,
    }
    return render(request, "profile/profile.html", context)


def _quotas(request: HttpRequest) -> list[dict[str, object]]:
    """Return what the acting organization used today, as bars: ``kind``, ``used``, ``limit`` (None: none), ``left``."""
    acting = acting_membership(request)
    if acting is None:
        return []
    limits = effective_limits(acting.organization.limits, settings.ENVIRONMENT)
    use = use_on(acting.organization_id, clock.today())
    bars = [("downloads", use.downloads, limits.downloads), ("bandwidth", use.bandwidth, limits.bandwidth)]
    return [
        {"kind": kind, "used": used, "limit": limit, "left": None if limit is None else max(0, limit - used)}
        for kind, used, limit in bars
        if kind == "downloads" or limit is not None
    ]


@form_of("profile")
@signed_in
def act_for(request: HttpRequest) -> HttpResponse:
    """Choose which of one's organizations this session acts for."""
    wanted = request.POST.get("organization", "")
    for membership in memberships(request):
        if str(membership.organization_id) == wanted:
            request.session[ACTING_FOR] = membership.organization_id
    return redirect("profile")
