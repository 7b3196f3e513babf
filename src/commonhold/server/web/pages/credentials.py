"""The issuer and secret for ``JWT`` requests: made, shown once, revoked."""

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods

from commonhold.server.credentials import jwt_credentials
from commonhold.server.web.viewer import signed_in, viewer_of


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
@reauthentication_required(allow_get=True)
@sensitive_variables("secret")
def page(request: HttpRequest) -> HttpResponse:
    """Show the issuer; make another, whose secret this one answer shows; or revoke it."""
    viewer = viewer_of(request)
    if request.method == "POST" and "revoke" in request.POST:
        if jwt_credentials.revoke(viewer):
            messages.success(request, _("Revoked: nothing signed with it is accepted any more."))
        return redirect("credentials")
    secret = ""
    if request.method == "POST":
        _row, secret = jwt_credentials.make(viewer)
    context = {"credential": jwt_credentials.current(viewer), "secret": secret}
    response = render(request, "credentials/credentials.html", context)
    response["Cache-Control"] = "no-store"
    return response
