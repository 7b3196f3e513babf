"""``datasets/``: the list, one dataset, its versions; publishers edit and remove their own."""

from typing import Any

from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.exceptions import NotFound, PermissionDenied, ValidationError
from rest_framework.request import Request

from commonhold.server.access import rules
from commonhold.server.access.queries import terms_in_force
from commonhold.server.api.v4 import shapes
from commonhold.server.api.v4.dataset_shapes import described
from commonhold.server.api.v4.endpoint import Endpoint
from commonhold.server.api.v4.errors import Gone, Withheld
from commonhold.server.api.v4.inputs import Input, checked
from commonhold.server.api.v4.locked import check_locked, through_submission
from commonhold.server.api.v4.paging import asked_page, envelope, place_of
from commonhold.server.api.v4.translated import TranslatedField, missing_default, shown
from commonhold.server.catalogue import actions, queries
from commonhold.server.catalogue.states import VISIBILITIES
from commonhold.server.kit import clock

LONGEST_NAME, LONGEST_SUMMARY, LONGEST_DESCRIPTION = 255, 160, 7500
_COLUMNS = {"name": "name", "summary": "short_description", "description": "long_description"}
_FIELDS = {column: field for field, column in _COLUMNS.items()}


class ContactInput(Input):
    """Whom to write to."""

    name = serializers.CharField(max_length=255, required=False, allow_blank=True)
    email = serializers.EmailField(max_length=254, required=False, allow_blank=True)
    show = serializers.BooleanField(required=False)


class DatasetInput(Input):
    """What publishers change live (decision 13)."""

    name = TranslatedField(max_length=LONGEST_NAME)
    summary = TranslatedField(max_length=LONGEST_SUMMARY, required=False, allow_null=True)
    description = TranslatedField(max_length=LONGEST_DESCRIPTION, required=False, allow_null=True)
    contact = ContactInput(required=False, allow_null=True)
    visibility = serializers.ChoiceField(VISIBILITIES, required=False)


class DatasetEndpoint(Endpoint):
    """An endpoint about one dataset, named by id or slug."""

    def found(self, name: str) -> queries.DatasetRow:
        """Return the dataset, if the viewer may know of it.

        Raises:
            NotFound: there is none that this viewer may know of (decision 3).
            Gone: it was removed.
            Withheld: it may not be shown, for legal reasons.
            PermissionDenied: the key lacks the scope.
        """
        row = queries.dataset(self.viewer, name) if _could_be_a_name(name) else None
        facts = row and rules.Facts(
            organization=row.organization,
            visibility=row.visibility,
            status=row.status,
            status_reason=row.status_reason,
        )
        decided = rules.see(self.viewer, facts)
        if row is not None and decided.allowed:
            return row
        raise _REFUSALS.get(decided.reason, NotFound)


_REFUSALS: dict[rules.Reason, type[Exception]] = {
    rules.Reason.REMOVED: Gone,
    rules.Reason.WITHHELD: Withheld,
    rules.Reason.SCOPE: PermissionDenied,
}


class List(Endpoint):
    """Datasets, newest first."""

    def get(self, request: Request) -> HttpResponse:
        """Return one page of everything the viewer may see."""
        plain = request._request  # noqa: SLF001  the plain request is several times cheaper
        asked = asked_page(plain.GET, f"{self.site_url}{plain.get_full_path()}")
        offset = asked.offset
        # Only the list's length tells which page is the last.
        rows, count = queries.newest(self.viewer, limit=asked.size, offset=offset or 0)
        place = place_of(asked, count)
        if offset is None:
            rows, count = queries.newest(self.viewer, limit=asked.size, offset=place.offset)
        site, flat = self.site_url, self.flat_locale
        return self.answer(envelope(asked, place, count, [described(row, flat, site) for row in rows]))


class Detail(DatasetEndpoint):
    """One dataset."""

    def get(self, request: Request, dataset: str) -> HttpResponse:  # noqa: ARG002  the method's signature
        """Return the dataset."""
        return self._answer(self.found(dataset))

    def patch(self, request: Request, dataset: str) -> HttpResponse:  # noqa: ARG002  as above
        """Change some of it."""
        return self._change(dataset, partial=True)

    def put(self, request: Request, dataset: str) -> HttpResponse:  # noqa: ARG002  as above
        """Change it, its name at least; translations that are not given stay (rule 6.16)."""
        return self._change(dataset, partial=False)

    def delete(self, request: Request, dataset: str) -> HttpResponse:  # noqa: ARG002  as above
        """Remove it, and its files with it."""
        row = self.found(dataset)
        try:
            actions.remove_dataset(self.viewer, row.row_id)
        except actions.NotAllowedError:
            raise PermissionDenied from None
        return self.nothing()

    def _change(self, dataset: str, *, partial: bool) -> HttpResponse:
        row = self.found(dataset)
        if not self.viewer.may_publish_for(row.organization):
            raise PermissionDenied
        given = checked(self, DatasetInput, partial=partial)
        check_locked(self.request.data, row)
        texts = {_COLUMNS[field]: given[field] for field in _COLUMNS if field in given}
        try:
            actions.edit_dataset(self.viewer, row.row_id, texts=texts, plain=_plain(given))
        except actions.NotAllowedError:
            raise PermissionDenied from None
        except actions.NeedsSubmissionError as error:
            raise ValidationError({error.field: [through_submission()]}) from None
        except actions.TextMissingError as error:
            raise missing_default(_FIELDS[error.field], error.cause) from None
        return self._answer(self.found(dataset))

    def _answer(self, row: queries.DatasetRow) -> HttpResponse:
        terms = terms_in_force(self.viewer, row.row_id)
        flat = self.flat_locale
        summary = described(row, flat, self.site_url)
        contact = None
        if (row.show_contact or self.viewer.is_member_of(row.organization)) and (
            row.contact_name or row.contact_email
        ):
            contact = shapes.Contact(
                name=row.contact_name, email=row.contact_email, show=bool(row.show_contact)
            )
        return self.answer(
            shapes.Dataset(
                **{name: getattr(summary, name) for name in summary.__struct_fields__},
                description=shown(row.long_description, flat, row.default_locale),
                terms=shown(terms.texts, flat, row.default_locale) if terms else None,
                terms_version=terms.number if terms else None,
                filename=row.filename,
                checksum=f"sha256:{row.sha256}" if row.sha256 else None,
                contact=contact,
            )
        )


class Versions(DatasetEndpoint):
    """The editions of one dataset's archive."""

    def get(self, request: Request, dataset: str) -> HttpResponse:
        """Return one page of them, newest first."""
        plain = request._request  # noqa: SLF001  as above
        row = self.found(dataset)
        asked = asked_page(plain.GET, f"{self.site_url}{plain.get_full_path()}")
        count = queries.count_versions(self.viewer, row.row_id)
        place = place_of(asked, count)
        flat = self.flat_locale
        results = [
            shapes.Version(
                number=version.number,
                filename=version.filename,
                size_bytes=version.size_bytes,
                checksum=f"sha256:{version.sha256}",
                created=clock.iso(version.created_at),
                notes=shown(version.notes, flat, row.default_locale),
            )
            for version in queries.versions(self.viewer, row.row_id, limit=place.limit, offset=place.offset)
        ]
        return self.answer(envelope(asked, place, count, results))


def _could_be_a_name(name: str) -> bool:
    return len(name) <= 100 and name.isprintable()


def _plain(given: dict[str, Any]) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    if "visibility" in given:
        changes["visibility"] = given["visibility"]
    if "contact" in given:
        contact = given["contact"] or {"name": "", "email": "", "show": False}
        columns = {"name": "contact_name", "email": "contact_email", "show": "show_contact"}
        changes |= {columns[name]: value for name, value in contact.items()}
    return changes
