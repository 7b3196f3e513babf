"""The right to publish: asked for by people, granted or refused by operators."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from commonhold.server.kit.translation import DEFAULT_LOCALE
from commonhold.server.kit.viewer import OPERATOR, OWNER
from commonhold.server.organizations import rights
from commonhold.server.web.components import Pages, shown
from commonhold.server.web.pages import errors
from commonhold.server.web.people_letters import tell_asker, tell_operators
from commonhold.server.web.viewer import form_of, memberships, signed_in, viewer_of

LONGEST_TEXT = 2000
PAGE_SIZE = 25
_NEW = "new"


class RightsForm(forms.Form):
    """Who wants to publish, and what."""

    organization = forms.ChoiceField(label=_("For"))
    proposed_name = forms.CharField(
        label=_("Name of the new organization"), max_length=255, required=False,
        help_text=_("It is made once the right is granted, and you own it."),
    )  # fmt: skip
    message = forms.CharField(
        label=_("What do you want to publish, and who are you?"),
        max_length=LONGEST_TEXT,
        widget=forms.Textarea(attrs={"rows": 6}),
    )

    def __init__(self, *arguments: Any, choices: list[tuple[str, str]], **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.fields["organization"].choices = [*choices, (_NEW, gettext("a new organization"))]

    def clean(self) -> dict[str, Any]:
        """Ask for a name where there is none yet."""
        given: dict[str, Any] = super().clean() or {}
        if given.get("organization") == _NEW and not given.get("proposed_name"):
            self.add_error("proposed_name", gettext("Write how the organization is called."))
        return given


def _choices(request: HttpRequest) -> list[tuple[str, str]]:
    """Return the organizations the viewer owns that may not publish yet."""
    return [
        (
            str(one.organization_id),
            str(shown(one.organization.name, request.reader_locale, DEFAULT_LOCALE) or one.organization.slug),
        )
        for one in memberships(request)
        if one.role == OWNER and one.organization.personal_of_id is None and not one.organization.can_publish
    ]


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def ask(request: HttpRequest) -> HttpResponse:
    """Ask for the right to publish, and see what became of earlier wishes."""
    viewer = viewer_of(request)
    form = RightsForm(request.POST or None, choices=_choices(request))
    if request.method == "POST" and form.is_valid():
        chosen = form.cleaned_data["organization"]
        try:
            made = rights.ask(
                viewer,
                organization=None if chosen == _NEW else int(chosen),
                proposed_name=form.cleaned_data["proposed_name"],
                message=form.cleaned_data["message"],
            )
        except rights.AlreadyAskedError:
            return redirect("ask_rights")
        tell_operators(request, made)
        messages.success(
            request, gettext("Your wish is on its way. You are told by mail what becomes of it.")
        )
        return redirect("ask_rights")
    asked = rights.requests_of(viewer)
    context = {"form": form, "asked": asked, "waits": any(one.status == "pending" for one in asked)}
    return render(request, "publishing/ask.html", context, status=400 if form.is_bound else 200)


@require_safe
@signed_in
def desk(request: HttpRequest) -> HttpResponse:
    """List the wishes, those that wait first, for operators."""
    viewer = viewer_of(request)
    if OPERATOR not in viewer.site_roles:
        return errors.forbidden(request)
    return _desk(request)


def _desk(request: HttpRequest, mistake: dict[str, str] | None = None) -> HttpResponse:
    paginator = Paginator(rights.all_requests(viewer_of(request)), PAGE_SIZE)
    entries = paginator.get_page(request.GET.get("page", "1"))
    pages = Pages(entries.number, paginator.num_pages, reverse("rights_desk"))
    context = {"entries": entries, "pages": pages, "longest": LONGEST_TEXT, "mistake": mistake or {}}
    return render(request, "publishing/desk.html", context, status=400 if mistake else 200)


@form_of("rights_desk", "none")
@signed_in
def decide(request: HttpRequest, public_id: str) -> HttpResponse:
    """Grant or refuse a wish, with a reason that reaches who asked."""
    viewer = viewer_of(request)
    if OPERATOR not in viewer.site_roles:
        return errors.forbidden(request)
    grants, reason = "grant" in request.POST, request.POST.get("reason", "").replace("\0", "").strip()
    if not grants and not reason:
        return _desk(
            request, {"of": public_id, "text": gettext("Say why: the person reads it."), "typed": reason}
        )
    if len(reason) > LONGEST_TEXT:
        text = gettext("Please keep it under %(number)d characters.") % {"number": LONGEST_TEXT}
        return _desk(request, {"of": public_id, "text": text, "typed": reason})
    try:
        decided = rights.decide(viewer, public_id, grants=grants, reason=reason)
    except rights.DecidedError:
        messages.error(
            request, gettext("That request was decided differently meanwhile. Please look at it again.")
        )
        return redirect("rights_desk")
    tell_asker(request, decided)
    messages.success(request, gettext("Done. %(person)s is told by mail.") % {"person": decided.person.email})
    return redirect("rights_desk")
