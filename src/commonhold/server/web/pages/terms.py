"""A dataset's terms: read, and agreed to."""

import difflib
from collections.abc import Iterable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from commonhold.server.access import actions, queries
from commonhold.server.access.actions import TermsChangedError
from commonhold.server.access.terms import standard_terms
from commonhold.server.catalogue.models import Dataset
from commonhold.server.catalogue.queries import DatasetRow
from commonhold.server.kit.translation import DEFAULT_LOCALE, canonical_locale
from commonhold.server.web.components import Shown, shown
from commonhold.server.web.pages.datasets import of_dataset
from commonhold.server.web.viewer import signed_in, viewer_of

BOXES = ("read", "licence", "keep")


@require_safe
def standard(request: HttpRequest) -> HttpResponse:
    """Show the site's standard terms, which are part of every dataset's."""
    locale = request.reader_locale
    found = locale if standard_terms(locale) else DEFAULT_LOCALE
    text = shown({found: standard_terms(found)}, locale, DEFAULT_LOCALE)
    return render(request, "terms/standard.html", {"text": text})


@require_http_methods(["GET", "HEAD", "POST"])
@of_dataset
def page(request: HttpRequest, row: DatasetRow) -> HttpResponse:
    """Show the terms; take an agreement from whoever is signed in."""
    if request.method == "POST":
        return _agree(request, row)
    return _show(request, row)


@signed_in
def _agree(request: HttpRequest, row: DatasetRow) -> HttpResponse:
    ticked = {box for box in BOXES if request.POST.get(box)}
    if len(ticked) < len(BOXES):
        return _show(request, row, ticked=ticked, missing=set(BOXES) - ticked, status=400)
    terms = request.POST.get("terms", "")
    try:
        agreement = actions.agree(
            viewer_of(request),
            Dataset.objects.get(pk=row.row_id),
            terms=int(terms) if terms.isascii() and terms.isdigit() and len(terms) < 19 else 0,
            locale=request.POST.get("locale", "")[:20],
            text_hash=request.POST.get("text_hash", "")[:64],
        )
    except TermsChangedError:
        return _show(request, row, has_changed=True, status=409)
    return redirect("agreement", public_id=agreement.public_id)


def _show(
    request: HttpRequest,
    row: DatasetRow,
    *,
    ticked: Iterable[str] = (),
    missing: Iterable[str] = (),
    has_changed: bool = False,
    status: int = 200,
) -> HttpResponse:
    viewer = viewer_of(request)
    locale = request.reader_locale
    terms = queries.current_terms(viewer, row.row_id)
    if terms is None:
        # Only a dataset that never was published has none: there is nothing to agree to yet.
        return redirect("dataset", name=row.public_id)
    chosen = canonical_locale(request.GET.get("language", "")) or locale
    text = shown(terms.texts, chosen, row.default_locale) or Shown("", row.default_locale, is_fallback=False)
    former = queries.former_terms(viewer, row.row_id) if viewer.person and not terms.agreement else None
    context = {
        "dataset": row,
        "name": shown(row.name, locale, row.default_locale) or row.slug,
        "terms": terms,
        "text": text,
        "text_hash": terms.hashes.get(text.locale, ""),
        "languages": sorted(terms.texts),
        "boxes": [(box, label, box in ticked, box in missing) for box, label in _boxes(row).items()],
        "has_missing": bool(list(missing)),
        "has_changed": has_changed,
        "former": former,
        "changes": _changes(former.texts, terms.texts, text.locale) if former else [],
    }
    response = render(request, "terms/terms.html", context, status=status)
    response.headers.setdefault("Cache-Control", "private, no-store")
    return response


def _boxes(row: DatasetRow) -> dict[str, str]:
    licence = row.license_abbreviation or row.license_name or _("as named above")
    return {
        "read": _("I have read the terms above, and I agree to them."),
        "licence": _("I will use the data only as its licence (%(licence)s) and these terms allow.")
        % {"licence": licence},
        "keep": _(
            "I will not pass the archive on or offer it elsewhere, and I will delete it when it is withdrawn."
        ),
    }


def _changes(former: dict[str, str], current: dict[str, str], locale: str) -> list[tuple[str, str]]:
    """Return the lines that went (``-``) and came (``+``) between two versions; none where one lacks the language."""
    if locale not in former or locale not in current:
        return []
    lines = difflib.ndiff(former[locale].splitlines()[:2000], current[locale].splitlines()[:2000])
    return [(line[0], line[2:]) for line in lines if line[0] in "+-" and line[2:].strip()]
