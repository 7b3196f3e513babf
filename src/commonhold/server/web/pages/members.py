"""Who belongs to an organization, and how it presents itself: for its owners; invitations: for those invited."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from commonhold.server.kit.translation import DEFAULT_LOCALE, default_locale_of
from commonhold.server.kit.viewer import MEMBER, ROLES
from commonhold.server.limits.limiter import limiter
from commonhold.server.organizations import members as changes
from commonhold.server.organizations.actions import NotAllowedError, describe_organization
from commonhold.server.organizations.models import Membership, Organization
from commonhold.server.organizations.queries import organization
from commonhold.server.organizations.rules import may_manage
from commonhold.server.submissions.queries import versions_wait
from commonhold.server.web.components import shown
from commonhold.server.web.pages import errors
from commonhold.server.web.people_letters import tell_invited
from commonhold.server.web.viewer import form_of, signed_in, viewer_of
from commonhold.server.web.words import ROLES as ROLE_WORDS

# Letters that one person may have sent to strangers.
_INVITATIONS = "60/hour"


class InvitationForm(forms.Form):
    """Whom to ask to join."""

    email = forms.EmailField(label=_("Mail address"), max_length=254)
    role = forms.ChoiceField(
        label=_("Role"), choices=[(role, ROLE_WORDS[role]) for role in ROLES], initial=MEMBER
    )


class SettingsForm(forms.Form):
    """How an organization presents itself."""

    name = forms.CharField(label=_("Name"), max_length=255)
    description = forms.CharField(
        label=_("Description"),
        max_length=20_000,
        required=False,
        help_text=_("Markdown works."),
        widget=forms.Textarea(attrs={"rows": 8}),
    )
    website = forms.URLField(label=_("Website"), max_length=500, required=False, assume_scheme="https")


def _own(page: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Find the organization for its members; to others it is as if the page were not there."""

    def found(request: HttpRequest, slug: str, **more: str) -> HttpResponse:
        viewer = viewer_of(request)
        row = organization(viewer, slug)
        if row is None or not viewer.is_member_of(row.pk):
            raise Http404
        try:
            return page(request, row, **more)
        except NotAllowedError:
            return errors.forbidden(request)

    return found


def _listing(
    request: HttpRequest, row: Organization, form: InvitationForm, status: int = 200
) -> HttpResponse:
    viewer = viewer_of(request)
    context = {
        "organization": row,
        "manages": may_manage(viewer, row.pk),
        "members": changes.members_of(viewer, row.pk),
        "invitations": changes.invitations_of(viewer, row.pk),
        "roles": [(role, ROLE_WORDS[role]) for role in ROLES],
        "form": form,
    }
    return render(request, "organizations/members.html", context, status=status)


@require_safe
@signed_in
@_own
def page(request: HttpRequest, row: Organization) -> HttpResponse:
    """List the members; owners change roles, invite and remove."""
    return _listing(request, row, InvitationForm())


@form_of("members", "slug")
@signed_in
@_own
def invite(request: HttpRequest, row: Organization) -> HttpResponse:
    """Invite an address; whether it has an account here is not told."""
    form = InvitationForm(request.POST)
    standing = limiter().hit(f"invite:{viewer_of(request).person}", _INVITATIONS)
    if standing and not standing.allowed:
        form.add_error(None, gettext("That are many invitations at once. Go on in an hour."))
    if form.is_valid():
        try:
            made = changes.invite(
                viewer_of(request), row.pk, form.cleaned_data["email"], form.cleaned_data["role"]
            )
        except changes.AlreadyMemberError:
            form.add_error("email", gettext("That is the address of a member."))
        except changes.TooManyInvitationsError:
            form.add_error(None, gettext("Too many invitations wait for their answer. Take some back first."))
        else:
            tell_invited(request, made)
            messages.success(request, gettext("%(email)s is invited by mail.") % {"email": made.email})
            return redirect("members", slug=row.slug)
    return _listing(request, row, form, 400)


@form_of("members", "slug")
@signed_in
@_own
def withdraw(request: HttpRequest, row: Organization, public_id: str) -> HttpResponse:
    """Take an invitation back."""
    changes.withdraw(viewer_of(request), row.pk, public_id)
    return redirect("members", slug=row.slug)


@form_of("members", "slug")
@signed_in
@_own
def change(request: HttpRequest, row: Organization) -> HttpResponse:
    """Change a member's role, or end their part."""
    viewer, number = viewer_of(request), request.POST.get("person", "")
    if not number.isdecimal() or len(number) > 18:
        raise Http404
    try:
        if "remove" in request.POST:
            changes.remove(viewer, row.pk, int(number))
        else:
            changes.change_role(viewer, row.pk, int(number), request.POST.get("role", ""))
    except changes.LastOwnerError:
        messages.error(request, gettext("There must be an owner: make somebody else one first."))
    except ValueError:
        messages.error(request, gettext("That has changed meanwhile. Please look at it again."))
    else:
        messages.success(request, gettext("Saved."))
    still = (
        int(number) != viewer.person
        or Membership.objects.filter(organization=row, person=viewer.person).exists()
    )
    return redirect("members", slug=row.slug) if still else redirect("profile")


@form_of("members", "slug")
@signed_in
@_own
def leave(request: HttpRequest, row: Organization) -> HttpResponse:
    """Leave the organization."""
    try:
        changes.leave(viewer_of(request), row.pk)
    except changes.LastOwnerError:
        messages.error(request, gettext("There must be an owner: make somebody else one first."))
        return redirect("members", slug=row.slug)
    return redirect("profile")


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
@_own
def settings(request: HttpRequest, row: Organization) -> HttpResponse:
    """Change name, description and website, in the organization's own language and in the reader's."""
    viewer = viewer_of(request)
    if not may_manage(viewer, row.pk):
        return errors.forbidden(request)
    default = default_locale_of(row.name)
    locale = request.reader_locale if request.GET.get("language") == "mine" else default
    initial = {
        "name": row.name.get(locale, ""), "description": row.description.get(locale, ""), "website": row.website,
    }  # fmt: skip
    form = SettingsForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        texts: dict[str, Any] = {"name": {locale: form.cleaned_data["name"]}}
        if form.cleaned_data["description"] or row.description:
            wanted = form.cleaned_data["description"] or None
            texts["description"] = None if wanted is None and locale == default else {locale: wanted}
        describe_organization(viewer, row.pk, texts=texts, plain={"website": form.cleaned_data["website"]})
        messages.success(request, gettext("Saved."))
        return redirect(request.get_full_path())
    context = {
        "organization": row, "form": form, "locale": locale, "default": default,
        "versions_wait": versions_wait(row.pk),
    }  # fmt: skip
    return render(request, "organizations/settings.html", context, status=400 if form.is_bound else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def answer(request: HttpRequest, public_id: str) -> HttpResponse:
    """Accept or decline an invitation to one's own address."""
    viewer = viewer_of(request)
    found = next((one for one in changes.invitations_to(viewer) if one.public_id == public_id), None)
    if found is None:
        return render(request, "organizations/invitation_gone.html", status=404)
    if request.method == "POST":
        accepts = "accept" in request.POST
        try:
            joined = changes.answer(viewer, public_id, accepts=accepts)
        except changes.InvitationGoneError:
            return render(request, "organizations/invitation_gone.html", status=404)
        name = shown(joined.name, request.reader_locale, DEFAULT_LOCALE) or joined.slug
        if accepts:
            messages.success(request, gettext("You belong to %(name)s now.") % {"name": name})
        return redirect("profile")
    return render(
        request, "organizations/invitation.html", {"invitation": found, "organization": found.organization}
    )
