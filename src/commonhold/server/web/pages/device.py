"""Letting a program sign in: the code it shows is entered here, and a person says yes or no (RFC 8628, 3.3)."""

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as translate
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from commonhold.server.credentials import device_sign_in
from commonhold.server.credentials.models import DeviceSignIn
from commonhold.server.credentials.queries import keys_of
from commonhold.server.limits.limiter import limiter
from commonhold.server.web.pages.keys import MOST_KEYS, GrantForm
from commonhold.server.web.viewer import acting_membership, memberships, signed_in, viewer_of
from commonhold.server.web.words import SCOPES as SCOPE_WORDS

LONGEST_CODE = 20


class CodeForm(forms.Form):
    """The code that the program shows."""

    code = forms.CharField(
        label=_("Code"),
        max_length=LONGEST_CODE,
        help_text=_("Eight letters, as the program shows them. Capitals and hyphens do not matter."),
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false", "dir": "ltr"}
        ),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def page(request: HttpRequest) -> HttpResponse:
    """Ask for the code, show what asks, and take the answer."""
    sent = request.POST if request.method == "POST" else request.GET
    if "code" not in sent:
        return render(request, "device/code.html", {"form": CodeForm()})
    form = CodeForm({"code": sent["code"].replace("\0", "")})
    row = _found(request, form)
    if row is None:
        return render(request, "device/code.html", {"form": form}, status=400)
    if request.method != "POST":
        return _consent(request, row, form.cleaned_data["code"])
    if request.POST.get("answer") == "confirm":
        return _confirm(request, row, form.cleaned_data["code"])
    device_sign_in.deny(viewer_of(request), row)
    return render(request, "device/done.html", {"asking": row, "is_confirmed": False})


def _found(request: HttpRequest, form: CodeForm) -> DeviceSignIn | None:
    """Return the sign-in that waits under the code; None, with the reason on the form, where none does."""
    if not form.is_valid():
        return None
    if not _may_try(request):
        form.add_error("code", translate("Too many codes were entered. Try again in an hour."))
        return None
    row = device_sign_in.waiting(form.cleaned_data["code"])
    if row is None:
        sentence = translate("No program waits under this code. Codes are good for ten minutes, and once.")
        form.add_error("code", sentence)
    return row


def _may_try(request: HttpRequest) -> bool:
    """Count one code of this person, at this address; False once there were too many."""
    standings = [
        limiter().hit(f"device-code:{who}", rate)
        for who, rate in (
            (f"person:{request.user.pk}", device_sign_in.ENTERED_RATE),
            (f"address:{request.META.get('REMOTE_ADDR', '')}", device_sign_in.ENTERED_AT_ADDRESS_RATE),
        )
    ]
    return all(standing is None or standing.allowed for standing in standings)


def _consent(
    request: HttpRequest, row: DeviceSignIn, code: str, form: GrantForm | None = None
) -> HttpResponse:
    acting = acting_membership(request)
    form = form or GrantForm(
        memberships=memberships(request),
        locale=request.reader_locale,
        initial={"organization": str(acting.organization_id) if acting else ""},
    )
    context = {
        "asking": row,
        "code": code,
        "form": form,
        "scopes": [SCOPE_WORDS[scope] for scope in row.scopes],
    }
    return render(request, "device/consent.html", context, status=400 if form.is_bound else 200)


def _confirm(request: HttpRequest, row: DeviceSignIn, code: str) -> HttpResponse:
    form = GrantForm(request.POST, memberships=memberships(request), locale=request.reader_locale)
    if not form.is_valid():
        return _consent(request, row, code, form)
    viewer = viewer_of(request)
    if keys_of(viewer).count() >= MOST_KEYS:
        form.add_error(None, translate("You have as many keys as one person may have: revoke one first."))
        return _consent(request, row, code, form)
    organization = int(form.cleaned_data["organization"])
    is_confirmed = device_sign_in.confirm(
        viewer, row, organization=organization, key_expires_at=form.expires_at
    )
    if not is_confirmed:
        again = CodeForm({"code": code})
        again.add_error("code", translate("This code was answered already, or has expired."))
        return render(request, "device/code.html", {"form": again}, status=400)
    name = device_sign_in.free_name(viewer.person or 0, organization, row.machine)
    context = {"asking": row, "is_confirmed": True, "key_name": name}
    return render(request, "device/done.html", context)
