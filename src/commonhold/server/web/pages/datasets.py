"""One dataset."""

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from commonhold.server.access import queries as access
from commonhold.server.access import rules
from commonhold.server.access.rules import Reason
from commonhold.server.catalogue import queries
from commonhold.server.catalogue.queries import DatasetRow, Datasheet, File
from commonhold.server.catalogue.vocabularies import LICENSES
from commonhold.server.kit.translation import DEFAULT_LOCALE
from commonhold.server.statistics import views
from commonhold.server.statistics.queries import Statistics, counted, statistics
from commonhold.server.web.addresses import absolute, site_address
from commonhold.server.web.charts import chart
from commonhold.server.web.components import shown, standing
from commonhold.server.web.context import SITE_NAME
from commonhold.server.web.pages import errors
from commonhold.server.web.viewer import viewer_of


def of_dataset(page: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Turn the ``name`` in an address into the dataset, or answer why it cannot be shown.

    Pages answer 404 for private datasets of others (decision 3): nobody learns from them that a dataset exists.
    """

    @wraps(page)
    def found(request: HttpRequest, name: str, **named: Any) -> HttpResponse:
        viewer = viewer_of(request)
        row = queries.dataset(viewer, name)
        answer = rules.see(viewer, _facts(row))
        if row is None or answer.reason in {Reason.NOT_FOUND, Reason.MEMBERSHIP}:
            return errors.not_found(request)
        if answer.reason is Reason.REMOVED:
            return errors.gone(request, row.status_reason)
        if answer.reason is Reason.WITHHELD:
            return errors.withheld(request, row.status_reason)
        return page(request, row, **named)

    return found


def _facts(row: DatasetRow | None) -> rules.Facts | None:
    if row is None:
        return None
    return rules.Facts(
        organization=row.organization,
        visibility=row.visibility,
        status=row.status,
        status_reason=row.status_reason,
    )


@require_safe
@of_dataset
def page(request: HttpRequest, row: DatasetRow) -> HttpResponse:
    """Show everything about a dataset, and what stands between the reader and its archive."""
    viewer = viewer_of(request)
    target = access.download_target(viewer, row.public_id)
    answer = rules.download(viewer, target.facts if target else None)
    sheet = queries.datasheet(viewer, row.row_id, beside=counted(viewer, row.row_id))
    if request.method == "GET":
        views.note(row.row_id, request.META.get("REMOTE_ADDR", ""), request.headers.get("User-Agent", ""))
    context = {
        **shown_dataset(request, row, sheet),
        "target": target,
        "standing": standing(answer, row.public_id, is_pending=bool(target and target.facts.is_pending)),
        "canonical": absolute(request, f"/datasets/{row.public_id}"),
        "site_address": site_address(request),
        **_citation(request, row, request.reader_locale),
        **_use(statistics(sheet.beside)),
    }
    return render(request, "datasets/dataset.html", context)


def shown_dataset(request: HttpRequest, row: DatasetRow, sheet: Datasheet) -> dict[str, Any]:
    """Return what a dataset's page says about it, in the reader's language: of one that is there, or is to be."""
    locale = request.reader_locale
    rest = {
        _("Restrictions"): sheet.restrictions,
        _("Forbidden usage"): sheet.forbidden_usage,
        _("Additional conditions"): sheet.additional_conditions,
    }
    return {
        "dataset": row,
        "name": shown(row.name, locale, row.default_locale) or row.slug,
        "short": shown(row.short_description, locale, row.default_locale),
        "long": shown(row.long_description, locale, row.default_locale),
        "organization": shown(row.organization_name, locale, DEFAULT_LOCALE) or row.organization_slug,
        "sections": [
            (title, text)
            for title, texts in rest.items()
            if (text := shown(texts, locale, row.default_locale))
        ],
        "license_name": row.license_name or LICENSES.get(row.license_abbreviation, ""),
        "sheet": sheet,
        "versions": _growing(sheet.versions),
    }


def _growing(versions: Sequence[File]) -> list[tuple[File, int]]:
    """Return versions, the newest first, each with the bytes it has more than the one before; 0 for the oldest."""
    former = [*versions[1:], versions[-1]] if versions else []
    return [
        (file, file.size_bytes - before.size_bytes) for file, before in zip(versions, former, strict=True)
    ]


def _use(found: Statistics) -> dict[str, object]:
    """Return what the section on use shows."""
    return {
        "statistics": found,
        "downloads_chart": chart([day.downloads for day in found.days]),
        "views_chart": chart([day.views for day in found.days]),
        "busy_days": [day for day in reversed(found.days) if day.downloads or day.views],
    }


def _citation(request: HttpRequest, row: DatasetRow, locale: str) -> dict[str, str]:
    """Return how to name the source, as text and for BibTeX."""
    author = shown(row.organization_name, locale, DEFAULT_LOCALE) or row.organization_slug
    title = shown(row.name, locale, row.default_locale) or row.slug
    address = absolute(request, f"/datasets/{row.public_id}")
    version = row.version or 1
    text = f"{author} ({row.created_at.year}). {title} (version {version}) [Data set]. {SITE_NAME}. {address}"
    fields = {
        "author": f"{{{_bibtex(str(author))}}}", "title": f"{{{_bibtex(str(title))}}}",
        "year": str(row.created_at.year), "version": str(version), "publisher": SITE_NAME, "url": address,
    }  # fmt: skip
    lines = "\n".join(f"  {name} = {{{value}}}," for name, value in fields.items())
    return {"citation": text, "bibtex": f"@misc{{{row.slug},\n{lines}\n}}"}


def _bibtex(text: str) -> str:
    """Return ``text`` without what BibTeX would read as its own."""
    return "".join(
        f"\\{character}" if character in "&%$#_" else character
        for character in text
        if character not in "{}\\"
    )
