"""The switches of the whole site, and its notice."""

import datetime as dt
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as translate
from django.utils.translation import gettext_lazy as _

from commonhold.server.kit import clock
from commonhold.server.kit.languages import OFFERED
from commonhold.server.kit.translation import DEFAULT_LOCALE, Texts
from commonhold.server.site import queries
from commonhold.server.site.actions import change
from commonhold.server.site.models import CRITICAL, INFO, WARNING
from commonhold.server.web.language import direction
from commonhold.server.web.pages.operate.desk import form_page
from commonhold.server.web.viewer import viewer_of
from commonhold.server.web.words import language_name

LONGEST_NOTICE = 1000
OPEN = {"default": None, "on": True, "off": False}


class NoticeForm(forms.Form):
    """What every page says on top, in as many languages as there are translations."""

    severity = forms.ChoiceField(
        label=_("How serious it is"),
        choices=[(INFO, _("For information")), (WARNING, _("Warning")), (CRITICAL, _("Critical"))],
        initial=INFO,
    )
    expires_at = forms.DateTimeField(
        label=_("Shown until (UTC)"),
        required=False,
        help_text=_("Empty: until you take it away."),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"],
    )

    def __init__(self, *arguments: Any, stored: Texts, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.locales = [*OFFERED, *(locale for locale in stored if locale not in OFFERED)]
        for locale in self.locales:
            attributes = {"rows": 2, "lang": locale, "dir": direction(locale)}
            self.fields[f"text-{locale}"] = forms.CharField(
                label=language_name(locale),
                max_length=LONGEST_NOTICE,
                required=False,
                initial=stored.get(locale, ""),
                widget=forms.Textarea(attrs=attributes),
            )

    @property
    def english(self) -> forms.BoundField:
        """The text that is shown to everybody who has no translation."""
        return self[f"text-{DEFAULT_LOCALE}"]

    @property
    def others(self) -> list[forms.BoundField]:
        """The translations."""
        return [self[f"text-{locale}"] for locale in self.locales if locale != DEFAULT_LOCALE]

    @property
    def has_others(self) -> bool:
        """Whether there is a translation, or something wrong with one: then they are shown unfolded."""
        return any(field.value() or field.errors for field in self.others)

    @property
    def texts(self) -> dict[str, str]:
        """What was written, by locale."""
        found = {locale: self.cleaned_data.get(f"text-{locale}", "").strip() for locale in self.locales}
        return {locale: text for locale, text in found.items() if text}

    def clean_expires_at(self) -> dt.datetime | None:
        """Take a moment to come."""
        moment: dt.datetime | None = self.cleaned_data["expires_at"]
        if moment and moment <= clock.now():
            raise forms.ValidationError(translate("That has passed already."))
        return moment

    def clean(self) -> dict[str, Any]:
        """Ask for the text that everybody else is shown."""
        if self.texts and DEFAULT_LOCALE not in self.texts and not self[f"text-{DEFAULT_LOCALE}"].errors:
            self.add_error(
                f"text-{DEFAULT_LOCALE}",
                translate("Write it in English too: that is what people without a translation are shown."),
            )
        return self.cleaned_data


@form_page
def page(request: HttpRequest) -> HttpResponse:
    """Show the switches; turn one of them, or change the notice."""
    viewer, what = viewer_of(request), request.POST.get("what", "")
    stored = queries.state(viewer)
    initial = {"severity": stored.notice_severity, "expires_at": stored.notice_expires_at}
    bound = request.POST if request.method == "POST" and what == "notice" else None
    notice = NoticeForm(bound, stored=stored.notice, initial=initial)
    mistake = ""
    if request.method == "POST":
        if what == "read_only":
            mistake = _lock(request)
        elif what == "open_catalogue" and request.POST.get("open") in OPEN:
            change(viewer, open_catalogue=OPEN[request.POST["open"]])
            messages.success(request, translate("The catalogue is switched."))
        elif bound is not None and notice.is_valid():
            _announce(request, notice)
        elif bound is None:
            mistake = translate("Nothing was changed. Please try again.")
        if not mistake and not notice.errors:
            return redirect("operate_site")
    forced = settings.ENVIRONMENT.read_only
    context = {
        "section": "site",
        "switches": queries.switches(),
        "open_choice": next(name for name, value in OPEN.items() if value is stored.open_catalogue),
        "open_default": settings.ENVIRONMENT.open_catalogue,
        "is_forced": forced is not None,
        "notice_form": notice,
        "lock_mistake": mistake,
    }
    return render(request, "operate/site.html", context, status=400 if mistake or notice.errors else 200)


def _lock(request: HttpRequest) -> str:
    """Turn read-only mode on, and return what is missing; nothing here turns it off (decision 14)."""
    if not request.POST.get("sure"):
        return translate("Tick the box first: this page cannot undo it.")
    change(viewer_of(request), read_only=True)
    messages.success(request, translate("The site is read-only now."))
    return ""


def _announce(request: HttpRequest, form: NoticeForm) -> None:
    change(
        viewer_of(request),
        notice=form.texts,
        notice_severity=form.cleaned_data["severity"],
        notice_expires_at=form.cleaned_data["expires_at"],
    )
    messages.success(
        request, translate("The notice is shown.") if form.texts else translate("No notice is shown.")
    )
