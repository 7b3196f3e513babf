"""A dataset as lists and searches show it."""

from commonhold.server.api.v4 import shapes
from commonhold.server.api.v4.translated import shown
from commonhold.server.catalogue.queries import DatasetRow
from commonhold.server.kit import clock
from commonhold.server.kit.translation import default_locale_of


def described(row: DatasetRow, flat: str | None, site: str) -> shapes.DatasetSummary:
    """Return a dataset as a list shows it.

    Args:
        row: as read.
        flat: the locale of single texts, or None for objects of all translations.
        site: the site's address.
    """
    default = row.default_locale
    return shapes.DatasetSummary(
        id=row.public_id,
        slug=row.slug,
        url=f"{site}/datasets/{row.public_id}",
        organization=shapes.OrganizationReference(
            slug=row.organization_slug,
            name=shown(row.organization_name, flat, default_locale_of(row.organization_name)),
        ),
        name=shown(row.name, flat, default),
        summary=shown(row.short_description, flat, default),
        default_locale=default,
        locale=row.locale or None,
        task=row.task or None,
        format=row.format or None,
        license=row.license_abbreviation or None,
        license_name=row.license_name or None,
        license_url=row.license_url or None,
        visibility=row.visibility,
        is_paid=bool(row.is_paid),
        base_price_cents=row.base_price_cents if row.is_paid else None,
        currency=(row.currency or "usd") if row.is_paid else None,
        has_sample=bool(row.has_sample),
        version=row.version,
        size_bytes=row.size_bytes,
        created=clock.iso(row.created_at),
        updated=clock.iso(row.updated_at),
    )
