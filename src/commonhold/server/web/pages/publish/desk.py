"""The publisher's desk: what one's organizations submit, and a new submission."""

from typing import Any

from django import forms
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from commonhold.server.catalogue import queries as catalogue
from commonhold.server.kit.ids import new_id
from commonhold.server.kit.translation import DEFAULT_LOCALE, LOCALES
from commonhold.server.organizations.models import Membership
from commonhold.server.submissions import queries
from commonhold.server.submissions.actions import drafts
from commonhold.server.submissions.models import Submission
from commonhold.server.submissions.rules import InvalidError, Refused
from commonhold.server.web import kept
from commonhold.server.web.components import Pages, page_count, shown
from commonhold.server.web.pages import errors
from commonhold.server.web.submission_words import FILE_STATES, STATES, file_state, next_step, refusal
from commonhold.server.web.viewer import acting_membership, memberships, signed_in, viewer_of
from commonhold.server.web.words import language_name

PAGE_SIZE = 25
_SALT = "commonhold.web.publish.new"
_MOST_DATASETS = 200


class NewForm(forms.Form):
    """What a submission begins with."""

    organization = forms.ChoiceField(label=_("Organization"))
    name = forms.CharField(
        label=_("Name of the dataset"), max_length=255,
        widget=forms.TextInput(attrs={"autocomplete": "off", "dir": "auto"}),
        help_text=_("As it should stand in the catalogue; you can change it later."),
    )  # fmt: skip
    text_locale = forms.ChoiceField(
        label=_("Language you write in"),
        help_text=_("Translations into other languages are added beside it."),
    )

    def __init__(self, *arguments: Any, publishing: list[Membership], locale: str, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.fields["organization"].choices = [
            (str(one.organization_id), _name(one, locale)) for one in publishing
        ]
        self.fields["text_locale"].choices = sorted(
            ((code, language_name(code)) for code in LOCALES), key=lambda pair: pair[1].casefold()
        )


def _name(membership: Membership, locale: str) -> str:
    organization = membership.organization
    return str(shown(organization.name, locale, DEFAULT_LOCALE) or organization.slug)


def publishing(request: HttpRequest) -> list[Membership]:
    """Return the memberships under which somebody publishes: their role allows it, and the site does."""
    viewer = viewer_of(request)
    return [
        one
        for one in memberships(request)
        if one.organization.can_publish and viewer.may_publish_for(one.organization_id)
    ]


@require_safe
@signed_in
def page(request: HttpRequest) -> HttpResponse:
    """List the submissions of the organizations one publishes for, last changed first."""
    viewer = viewer_of(request)
    wanted = request.GET.get("page", "1")
    number = int(wanted) if wanted.isascii() and wanted.isdigit() and 0 < len(wanted) < 7 else 1
    found, total = queries.all_submissions(viewer, limit=PAGE_SIZE, offset=(max(1, number) - 1) * PAGE_SIZE)
    pages = Pages(max(1, number), page_count(total, PAGE_SIZE), reverse("publish"))
    if pages.number > pages.count:
        return redirect(pages.of(pages.count))
    context = {
        "entries": [entry(submission) for submission in found],
        "pages": pages,
        "may_publish": bool(publishing(request)),
    }
    return render(request, "publish/desk.html", context)


def entry(submission: Submission) -> dict[str, Any]:
    """Return a submission as a list shows it."""
    state = file_state(submission.archive)
    return {
        "row": submission,
        "state": STATES[submission.status],
        "file": FILE_STATES[state] if submission.archive_id or not submission.dataset_id else "",
        "next": next_step(submission),
    }


@require_http_methods(["GET", "HEAD", "POST"])
@kept.signed_in
def new(request: HttpRequest) -> HttpResponse:
    """Begin a submission. The form carries the id that it will have, so that sent twice it begins one."""
    mine = publishing(request)
    if not mine:
        return errors.may_not_publish(request)
    acting = acting_membership(request)
    locale = request.reader_locale
    data = request.POST if request.method == "POST" else kept.take(request)
    form = NewForm(
        data or None, publishing=mine, locale=locale,
        initial={"organization": str(acting.organization_id) if acting else "", "text_locale": locale},
    )  # fmt: skip
    if request.method == "POST" and form.is_valid():
        made = _begin(request, form)
        if made is not None:
            return made
    context = {
        "form": form,
        "ticket": _ticket(request),
        "mark": kept.mark(request),
        "is_restored": request.method == "GET" and data is not None,
    }
    return render(request, "publish/new.html", context, status=400 if request.method == "POST" else 200)


def _begin(request: HttpRequest, form: NewForm) -> HttpResponse | None:
    viewer, data = viewer_of(request), form.cleaned_data
    public_id = _promised(request)
    if Submission.objects.filter(public_id=public_id, author=viewer.person).exists():
        return redirect("edit_submission", public_id=public_id)
    try:
        made = drafts.create(
            viewer, int(data["organization"]), {"name": data["name"], "defaultLocale": data["text_locale"]},
            public_id=public_id,
        )  # fmt: skip
    except InvalidError as error:
        form.add_error("name", " ".join(error.mistakes.values()))
        return None
    except Refused as error:
        form.add_error(None, refusal(error))
        return None
    return redirect("edit_submission", public_id=made.public_id)


@require_http_methods(["POST"])
@signed_in
def change_dataset(request: HttpRequest, name: str) -> HttpResponse:
    """Begin a submission that changes what only a review can change of a published dataset."""
    viewer = viewer_of(request)
    row = catalogue.dataset(viewer, name)
    if row is None or not viewer.is_member_of(row.organization):
        return errors.not_found(request)
    if not viewer.may_publish_for(row.organization):
        return errors.forbidden(request)
    begun = queries.revision_of(viewer, row.row_id)
    if begun is not None:
        return redirect("submission", public_id=begun.public_id)
    try:
        made = drafts.create(viewer, row.organization, {}, dataset=row.public_id)
    except (Refused, InvalidError):
        return errors.forbidden(request)
    return redirect("edit_submission", public_id=made.public_id)


def _ticket(request: HttpRequest) -> str:
    """Return the id of the next submission, signed: it stays the same while a form is mended."""
    return signing.dumps([request.user.pk, _promised(request)], salt=_SALT)


def _promised(request: HttpRequest) -> str:
    try:
        person, public_id = signing.loads(request.POST.get("ticket", ""), salt=_SALT, max_age=30 * 86_400)
    except (signing.BadSignature, ValueError):
        return new_id()
    return str(public_id) if person == request.user.pk else new_id()
