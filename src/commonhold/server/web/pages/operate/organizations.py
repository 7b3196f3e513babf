"""Organizations: whether they publish, and what they may use."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.html import format_html
from django.utils.translation import gettext as translate
from django.utils.translation import gettext_lazy as _

from commonhold.server.access.queries import use_on
from commonhold.server.config.values import count_or_none, rate_or_none
from commonhold.server.kit import clock
from commonhold.server.kit.translation import DEFAULT_LOCALE
from commonhold.server.organizations import directory
from commonhold.server.organizations.actions import save_organization
from commonhold.server.organizations.models import Organization
from commonhold.server.organizations.rules import effective_limits
from commonhold.server.submissions.actions.policy import set_review_of_versions
from commonhold.server.submissions.queries import versions_wait
from commonhold.server.web.components import shown
from commonhold.server.web.pages.operate.desk import form_page, read_page, stretch, words
from commonhold.server.web.viewer import viewer_of

NO_LIMIT = "none"
_LARGEST = 2**62


class LimitsForm(forms.Form):
    """What an organization may do and use. An empty limit is the site's own."""

    can_publish = forms.BooleanField(label=_("It may publish datasets"), required=False)
    review_new_versions = forms.BooleanField(
        label=_("New versions of its datasets wait for a reviewer"), required=False
    )
    downloads = forms.CharField(label=_("Downloads in a day"), max_length=20, required=False)
    bandwidth = forms.CharField(label=_("Bytes in a day"), max_length=20, required=False)
    requests = forms.CharField(label=_("Requests"), max_length=30, required=False)

    def __init__(self, *arguments: Any, organization: Organization, **named: Any) -> None:
        own = {
            name: NO_LIMIT if organization.limits[name] is None else str(organization.limits[name])
            for name in ("downloads", "bandwidth", "requests")
            if name in organization.limits
        }
        named["initial"] = {
            "can_publish": organization.can_publish,
            "review_new_versions": versions_wait(organization.pk),
            **own,
        }
        super().__init__(*arguments, **named)
        usual = effective_limits({}, settings.ENVIRONMENT)
        for name in ("downloads", "bandwidth", "requests"):
            value = getattr(usual, name)
            self.fields[name].help_text = translate("Empty: as for the whole site (%(limit)s).") % {
                "limit": format_html("<bdi>{}</bdi>", NO_LIMIT if value is None else value)
            }
            # Numbers, rates and the word for none read from left to right in every language.
            self.fields[name].widget.attrs["dir"] = "ltr"
        if organization.personal_of_id:
            del self.fields["can_publish"], self.fields["review_new_versions"]

    def clean_downloads(self) -> str:
        """Take a number or ``none``."""
        return self._count("downloads")

    def clean_bandwidth(self) -> str:
        """Take a number or ``none``."""
        return self._count("bandwidth")

    def clean_requests(self) -> str:
        """Take a rate or ``none``."""
        text: str = self.cleaned_data["requests"].strip()
        try:
            rate_or_none(text)
        except ValueError as error:
            raise forms.ValidationError(
                translate("Write a rate such as 1000/minute, or “none” for no limit.")
            ) from error
        return text

    def _count(self, name: str) -> str:
        text: str = self.cleaned_data[name].strip()
        try:
            count = 0 if text == "0" else count_or_none(text)
        except ValueError:
            count = _LARGEST + 1
        if count is not None and count > _LARGEST:
            raise forms.ValidationError(translate("Write a whole number, or “none” for no limit."))
        return text

    @property
    def changes(self) -> dict[str, Any]:
        """What the form sets, as the organization keeps it."""
        given, limits = self.cleaned_data, {}
        for name in ("downloads", "bandwidth"):
            if text := given[name]:
                limits[name] = 0 if text == "0" else count_or_none(text)
        if given["requests"]:
            limits["requests"] = rate_or_none(given["requests"])
        changes: dict[str, Any] = {"limits": limits}
        if "can_publish" in self.fields:
            changes["can_publish"] = given["can_publish"]
        return changes


@read_page
def page(request: HttpRequest) -> HttpResponse:
    """List organizations, newest first, or those that are looked for."""
    viewer, asked, kind = viewer_of(request), words(request), request.GET.get("kind", "")
    found = stretch(
        request,
        lambda before, limit: directory.organizations(
            viewer, words=asked, kind=kind, before=before, limit=limit
        ),
    )
    context = {"section": "organizations", "found": found, "asked": asked, "kind": kind}
    return render(request, "operate/organizations.html", context)


@form_page
def organization(request: HttpRequest, slug: str) -> HttpResponse:
    """Show one organization with today's use, and change what it may publish, and how, and its limits."""
    viewer = viewer_of(request)
    found = directory.organization(viewer, slug)
    if found is None:
        raise Http404
    form = LimitsForm(request.POST if request.method == "POST" else None, organization=found)
    if form.is_bound and form.is_valid():
        with transaction.atomic():
            changed = save_organization(viewer, found, form.changes)
            if "review_new_versions" in form.fields:
                needed = form.cleaned_data["review_new_versions"]
                changed = set_review_of_versions(viewer, found, needed=needed) or changed
        messages.success(
            request, translate("The change holds.") if changed else translate("It was like that already.")
        )
        return redirect("operate_organization", slug=slug)
    context = {
        "section": "organizations",
        "organization": found,
        "name": shown(found.name, request.reader_locale, DEFAULT_LOCALE) or found.slug,
        "form": form,
        "use": use_on(found.pk, clock.today()),
        "limits": effective_limits(found.limits, settings.ENVIRONMENT),
    }
    return render(request, "operate/organization.html", context, status=400 if form.errors else 200)
