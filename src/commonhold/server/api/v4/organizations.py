"""``organizations/``: who shares data; owners describe their own, members see each other."""

from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.exceptions import NotFound, PermissionDenied
from rest_framework.request import Request

from commonhold.server.api.v4 import shapes
from commonhold.server.api.v4.endpoint import Endpoint, MayRead, SignedIn
from commonhold.server.api.v4.inputs import Input, checked
from commonhold.server.api.v4.paging import asked_page, envelope, place_of
from commonhold.server.api.v4.translated import TranslatedField, missing_default, shown
from commonhold.server.kit import clock
from commonhold.server.kit.translation import DefaultTextMissingError, default_locale_of
from commonhold.server.kit.viewer import OWNER
from commonhold.server.organizations import actions, listings, rules


class OrganizationInput(Input):
    """What owners change."""

    name = TranslatedField(max_length=255)
    description = TranslatedField(max_length=7500, required=False, allow_null=True)
    website = serializers.URLField(max_length=500, required=False, allow_blank=True)


class OrganizationEndpoint(Endpoint):
    """An endpoint about one organization."""

    def found(self, slug: str) -> listings.OrganizationRow:
        """Return the organization, if the viewer may know of it.

        Raises:
            NotFound: there is none.
        """
        row = listings.organization(self.viewer, slug) if len(slug) <= 100 and slug.isprintable() else None
        if row is None:
            raise NotFound
        return row

    def described(self, row: listings.OrganizationRow) -> shapes.Organization:
        """Return an organization as it is shown."""
        flat, default = self.flat_locale, default_locale_of(row.name)
        return shapes.Organization(
            id=row.public_id,
            slug=row.slug,
            url=f"{self.site_url}/organizations/{row.slug}",
            name=shown(row.name, flat, default),
            description=shown(row.description, flat, default),
            website=row.website or None,
            can_publish=row.can_publish,
            created=clock.iso(row.created_at),
        )


class List(OrganizationEndpoint):
    """Organizations, by slug."""

    def get(self, request: Request) -> HttpResponse:
        """Return one page of them."""
        plain = request._request  # noqa: SLF001  the plain request is several times cheaper
        asked = asked_page(plain.GET, f"{self.site_url}{plain.get_full_path()}")
        count = listings.count_listed(self.viewer)
        place = place_of(asked, count)
        rows = listings.listed(self.viewer, limit=place.limit, offset=place.offset)
        return self.answer(envelope(asked, place, count, [self.described(row) for row in rows]))


class Detail(OrganizationEndpoint):
    """One organization."""

    def get(self, request: Request, slug: str) -> HttpResponse:  # noqa: ARG002  the method's signature
        """Return it."""
        return self.answer(self.described(self.found(slug)))

    def patch(self, request: Request, slug: str) -> HttpResponse:  # noqa: ARG002  as above
        """Change some of it."""
        return self._change(slug, partial=True)

    def put(self, request: Request, slug: str) -> HttpResponse:  # noqa: ARG002  as above
        """Change it, its name at least; translations that are not given stay."""
        return self._change(slug, partial=False)

    def _change(self, slug: str, *, partial: bool) -> HttpResponse:
        row = self.found(slug)
        if not rules.may_describe(self.viewer, row.row_id):
            raise PermissionDenied
        given = checked(self, OrganizationInput, partial=partial)
        texts = {field: given[field] for field in ("name", "description") if field in given}
        plain = {"website": given["website"]} if "website" in given else {}
        try:
            actions.describe_organization(self.viewer, row.row_id, texts=texts, plain=plain)
        except actions.NotAllowedError:
            raise PermissionDenied from None
        except DefaultTextMissingError as error:
            raise missing_default(error.__notes__[0], error) from None
        return self.answer(self.described(self.found(slug)))


class Members(OrganizationEndpoint):
    """Who belongs to an organization: told to those who belong to it."""

    permission_classes = (SignedIn, MayRead)

    def get(self, request: Request, slug: str) -> HttpResponse:
        """Return one page of its members, the longest first."""
        plain = request._request  # noqa: SLF001  as above
        row = self.found(slug)
        if not self.viewer.is_member_of(row.row_id):
            raise PermissionDenied
        asked = asked_page(plain.GET, f"{self.site_url}{plain.get_full_path()}")
        count = listings.count_members(self.viewer, row.row_id)
        place = place_of(asked, count)
        sees_addresses = self.viewer.memberships[row.row_id] == OWNER
        results = [
            shapes.Member(
                name=member.name,
                email=member.email if sees_addresses else None,
                role=member.role,
                since=clock.iso(member.since),
            )
            for member in listings.members(self.viewer, row.row_id, limit=place.limit, offset=place.offset)
        ]
        return self.answer(envelope(asked, place, count, results))
