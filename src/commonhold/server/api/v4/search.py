"""``datasets/search/`` and ``datasets/autocomplete/``: finding datasets by words, narrowed by facets."""

from dataclasses import replace

from django.conf import settings
from django.http import HttpResponse, QueryDict
from rest_framework import serializers
from rest_framework.request import Request

from commonhold.server.api.v4 import shapes
from commonhold.server.api.v4.dataset_shapes import described
from commonhold.server.api.v4.endpoint import Endpoint
from commonhold.server.api.v4.inputs import Input
from commonhold.server.api.v4.paging import asked_page, envelope, place_of
from commonhold.server.api.v4.translated import shown
from commonhold.server.catalogue.queries import NEWEST, RELEVANCE, SIZE, Filters
from commonhold.server.catalogue.search import finding, spelling, tallies
from commonhold.server.catalogue.states import VISIBILITIES

LONGEST_QUERY, LONGEST_VALUE, MOST_VALUES = 1000, 100, 50


def _values() -> serializers.ListField:
    return serializers.ListField(
        child=serializers.CharField(max_length=LONGEST_VALUE), max_length=MOST_VALUES, required=False
    )


class SearchInput(Input):
    """What a search may say; several values of one facet mean "any of them"."""

    q = serializers.CharField(max_length=LONGEST_QUERY, required=False, allow_blank=True)
    sort = serializers.ChoiceField((RELEVANCE, NEWEST, SIZE, finding.DOWNLOADS), required=False)
    organization = _values()
    locale = _values()
    license = _values()
    task = _values()
    format = _values()
    visibility = serializers.ListField(
        child=serializers.ChoiceField(VISIBILITIES), max_length=MOST_VALUES, required=False
    )
    facets = serializers.BooleanField(required=False)


class AutocompleteInput(Input):
    """What to complete."""

    q = serializers.CharField(max_length=LONGEST_QUERY, required=False, allow_blank=True)


class Search(Endpoint):
    """Datasets by words and facets, within the result window."""

    def get(self, request: Request) -> HttpResponse:
        """Return one page of what was found, what the results carry, and the query in place of a misspelled one."""
        plain = request._request  # noqa: SLF001  the plain request is several times cheaper
        asked = asked_page(
            plain.GET, f"{self.site_url}{plain.get_full_path()}", window=settings.ENVIRONMENT.result_window
        )
        filters, with_facets = _asked_for(plain.GET)
        viewer = self.viewer
        tally = finding.tally(viewer, filters, with_facets=with_facets)
        corrected = spelling.mended(viewer, filters.query) if filters.query and tally.count == 0 else None
        if corrected:
            mended = replace(filters, query=corrected)
            tally = finding.tally(viewer, mended, with_facets=with_facets)
            filters, corrected = (mended, corrected) if tally.count else (filters, None)
        place = place_of(asked, tally.count)
        rows = (
            finding.page(viewer, filters, count=tally.count, limit=place.limit, offset=place.offset)
            if tally.count
            else []
        )
        site, flat = self.site_url, self.flat_locale
        results = [described(row, flat, site) for row in rows]
        facets = {
            name: [shapes.FacetValue(value=value, count=count) for value, count in tally.facets.get(name, [])]
            for name in tallies.FACETS
        }
        return self.answer(
            envelope(
                asked,
                place,
                tally.count,
                results,
                facets=facets if with_facets else None,
                corrected=corrected,
            )
        )


class Autocomplete(Endpoint):
    """Names that begin as typed: at most ten, no paging keys (rule 5.15)."""

    def get(self, request: Request) -> HttpResponse:
        """Return them, the closest first."""
        plain = request._request  # noqa: SLF001  as above
        serializer = AutocompleteInput(data=plain.GET)
        serializer.is_valid(raise_exception=True)
        site, flat = self.site_url, self.flat_locale
        found = finding.suggestions(self.viewer, serializer.validated_data.get("q", ""))
        return self.answer(
            shapes.Suggestions(
                results=[
                    shapes.Suggestion(
                        id=row.public_id,
                        slug=row.slug,
                        url=f"{site}/datasets/{row.public_id}",
                        name=shown(row.name, flat, row.default_locale),
                    )
                    for row in found
                ]
            )
        )


def _asked_for(query: QueryDict) -> tuple[Filters, bool]:
    serializer = SearchInput(data=query)
    serializer.is_valid(raise_exception=True)
    given = serializer.validated_data
    words = given.get("q", "")
    filters = Filters(
        query=words,
        organizations=given.get("organization", ()),
        locales=given.get("locale", ()),
        licenses=given.get("license", ()),
        tasks=given.get("task", ()),
        formats=given.get("format", ()),
        visibilities=given.get("visibility", ()),
        sort=given.get("sort") or (RELEVANCE if words else NEWEST),
    )
    return filters, given.get("facets", True) if "facets" in query else True
