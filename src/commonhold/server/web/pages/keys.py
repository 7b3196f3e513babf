"""API keys: made, shown once, revoked."""

import datetime as dt
from typing import Any

from django import forms
from django.db import IntegrityError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as translate
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods

from commonhold.server.credentials.actions import KeyNameTakenError, create_key, revoke_key
from commonhold.server.credentials.models import ApiKey
from commonhold.server.credentials.queries import keys_of
from commonhold.server.kit import clock
from commonhold.server.kit.translation import DEFAULT_LOCALE
from commonhold.server.kit.viewer import DOWNLOAD, READ, SCOPES
from commonhold.server.organizations.models import Membership
from commonhold.server.web.addresses import absolute, site_address
from commonhold.server.web.components import shown
from commonhold.server.web.viewer import acting_membership, memberships, signed_in, viewer_of
from commonhold.server.web.words import SCOPES as SCOPE_WORDS

MOST_KEYS = 50
LIFETIMES = {"30": 30, "90": 90, "365": 365, "never": None}


class GrantForm(forms.Form):
    """For which of one's organizations a key acts, and how long."""

    organization = forms.ChoiceField(
        label=_("Organization"), help_text=_("Downloads made with the key count against its daily quota.")
    )
    lifetime = forms.ChoiceField(
        label=_("Expires"),
        choices=[
            ("30", _("in 30 days")), ("90", _("in 90 days")), ("365", _("in a year")), ("never", _("never")),
        ],
        initial="365",
    )  # fmt: skip

    def __init__(self, *arguments: Any, memberships: list[Membership], locale: str, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.fields["organization"].choices = [
            (str(one.organization_id), organization_name(one, locale)) for one in memberships
        ]

    @property
    def expires_at(self) -> dt.datetime | None:
        """When the key is to end; None for never."""
        days = LIFETIMES[self.cleaned_data["lifetime"]]
        return clock.now() + dt.timedelta(days=days) if days else None


class KeyForm(GrantForm):
    """What a new key is for."""

    name = forms.CharField(
        label=_("Name"),
        max_length=100,
        help_text=_("Something you will recognize it by, such as “laptop” or “training cluster”."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    scopes = forms.MultipleChoiceField(
        label=_("What it may be used for"),
        choices=[(scope, SCOPE_WORDS[scope]) for scope in SCOPES],
        widget=forms.CheckboxSelectMultiple,
        initial=[READ, DOWNLOAD],
        error_messages={"required": _("Choose at least one.")},
    )
    field_order = ("name", "organization", "scopes", "lifetime")


def organization_name(membership: Membership, locale: str) -> str:
    """Return what an organization is called among one's own."""
    name = str(shown(membership.organization.name, locale, DEFAULT_LOCALE) or membership.organization.slug)
    if membership.organization.personal_of_id is None:
        return name
    return translate("%(name)s (personal)") % {"name": name}


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def page(request: HttpRequest) -> HttpResponse:
    """List one's keys, with a form for another; the answer to the form is the one page that ever shows a key."""
    acting = acting_membership(request)
    form = KeyForm(
        request.POST or None,
        memberships=memberships(request),
        locale=request.reader_locale,
        initial={"organization": str(acting.organization_id) if acting else ""},
    )
    if request.method == "POST" and form.is_valid():
        made = _make(request, form)
        if made is not None:
            return made
    locale = request.reader_locale
    moment = clock.now()
    context = {
        "form": form,
        "keys": [
            {
                "row": key,
                "organization": shown(key.organization.name, locale, DEFAULT_LOCALE) or key.organization.slug,
                "is_expired": key.expires_at is not None and key.expires_at <= moment,
            }
            for key in keys_of(viewer_of(request))[: MOST_KEYS * 2]
        ],
    }
    return render(request, "keys/keys.html", context, status=400 if form.is_bound else 200)


@sensitive_variables("text")
def _make(request: HttpRequest, form: KeyForm) -> HttpResponse | None:
    """Make the key and show it; None where the form has to be mended first."""
    viewer, data = viewer_of(request), form.cleaned_data
    if keys_of(viewer).count() >= MOST_KEYS:
        sentence = ngettext(
            "You have %(count)d key already: revoke it first.",
            "You have %(count)d keys already: revoke those you no longer need first.",
            MOST_KEYS,
        )
        form.add_error(None, sentence % {"count": MOST_KEYS})
        return None
    try:
        row, text = create_key(
            viewer,
            person=request.user.pk,
            organization=int(data["organization"]),
            name=data["name"],
            scopes=data["scopes"],
            expires_at=form.expires_at,
        )
    except (KeyNameTakenError, IntegrityError):
        form.add_error(
            "name", translate("You have a key of this name for this organization. Choose another name.")
        )
        return None
    context = {
        "key": row,
        "text": text,
        "api_address": absolute(request, "/api"),
        "site_address": site_address(request),
    }
    response = render(request, "keys/made.html", context)
    response["Cache-Control"] = "no-store"
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def revoke(request: HttpRequest, key: int) -> HttpResponse:
    """Ask, then end one of one's own keys."""
    row = ApiKey.objects.filter(pk=key, person_id=viewer_of(request).person).first() if key < 2**63 else None
    if row is None:
        raise Http404
    if request.method == "POST":
        revoke_key(viewer_of(request), row)
        return redirect("keys")
    if row.revoked_at is not None:
        return redirect("keys")
    return render(request, "keys/revoke.html", {"key": row})
