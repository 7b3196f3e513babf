"""One's own account: name and language, everything that is held on one, and leaving."""

from typing import Any

from allauth.account.decorators import reauthentication_required
from allauth.usersessions.models import UserSession
from django import forms
from django.contrib import messages
from django.contrib.auth import logout
from django.db.models import ProtectedError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from commonhold.server.accounts.actions import change_profile, delete_person
from commonhold.server.kit.languages import OFFERED
from commonhold.server.organizations.members import owned_alone
from commonhold.server.web.export import held_on
from commonhold.server.web.viewer import signed_in, viewer_of


class ProfileForm(forms.Form):
    """What people change of themselves."""

    name = forms.CharField(
        label=_("Name"),
        max_length=255,
        required=False,
        help_text=_("How you want to be called. Publishers see it when you ask them for access."),
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    locale = forms.ChoiceField(label=_("Language"))

    def __init__(self, *arguments: Any, chosen: str, **named: Any) -> None:
        super().__init__(*arguments, **named)
        choices = [(code, name) for code, (name, _django) in OFFERED.items()]
        # Another locale, chosen through the API, stays until one is chosen here.
        self.fields["locale"].choices = [
            *choices, *([] if chosen in OFFERED else [(chosen, chosen)]),
        ]  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def page(request: HttpRequest) -> HttpResponse:
    """Show and change name and language."""
    person = request.user
    initial = {"name": person.name, "locale": person.locale}
    form = ProfileForm(request.POST or None, initial=initial, chosen=person.locale)
    if request.method == "POST" and form.is_valid():
        change_profile(viewer_of(request), form.cleaned_data)
        messages.success(request, gettext("Saved."))
        return redirect("account")
    return render(request, "profile/account.html", {"form": form}, status=400 if form.is_bound else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
@reauthentication_required()
def export(request: HttpRequest) -> HttpResponse:
    """Return everything that is held on the viewer, as a file; by GET, what it will hold."""
    if request.method != "POST":
        return render(request, "profile/export.html")
    answer = JsonResponse(
        held_on(viewer_of(request), request.session.session_key or ""),
        json_dumps_params={"ensure_ascii": False, "indent": 2},
    )
    answer["Content-Disposition"] = 'attachment; filename="commonhold-my-data.json"'
    answer["Cache-Control"] = "no-store"
    return answer


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
@reauthentication_required()
def leave(request: HttpRequest) -> HttpResponse:
    """Delete the viewer's account, once they have typed their address."""
    viewer, person = viewer_of(request), request.user
    alone = owned_alone(person.pk)
    typed, mistake = request.POST.get("address", "")[:254], ""
    if request.method == "POST" and not alone:
        if typed.strip().lower() != person.email:
            mistake = gettext("Type your mail address as it stands above.")
        else:
            keys = list(UserSession.objects.filter(user=person).values_list("session_key", flat=True))
            try:
                delete_person(viewer, web_sessions=keys)
            except ProtectedError:
                mistake = gettext("Datasets still hang on your account. Write to those who run this site.")
            else:
                logout(request)
                return render(request, "profile/left.html")
    context = {"alone": alone, "typed": typed, "mistake": mistake}
    status = 409 if request.method == "POST" and alone else 400 if mistake else 200
    return render(request, "profile/leave.html", context, status=status)
