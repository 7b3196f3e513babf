"""``commonhold admin purchase``: what organizations have paid for."""

from typing import Any

import click

from commonhold.cli.admin.house import house_options, organization_with
from commonhold.cli.output import Output
from commonhold.client.errors import NotFoundError


@click.group("purchase")
def command() -> None:
    """Purchases of datasets with a price: grant, revoke."""


@command.command("grant")
@click.argument("organization")
@click.argument("dataset")
@click.option("--reference", default="", help="Of the payment, as your books have it.")
@house_options
def grant(organization: str, dataset: str, reference: str, output: Output) -> None:
    """Note that ORGANIZATION has paid for DATASET (id or slug): its members can download it."""
    from commonhold.server.access.actions import grant_purchase  # noqa: PLC0415  loaded where it is used

    row = _dataset(dataset)
    purchase = grant_purchase(None, organization_with(organization), row, reference=reference[:255])
    if not output.data({"id": purchase.public_id, "organization": organization, "dataset": row.public_id}):
        output.line(f"{organization} can download {row.slug}.")


@command.command("revoke")
@click.argument("organization")
@click.argument("dataset")
@house_options
def revoke(organization: str, dataset: str, output: Output) -> None:
    """Take the purchase of DATASET back from ORGANIZATION."""
    from commonhold.server.access.actions import revoke_purchase  # noqa: PLC0415  loaded where it is used

    row = _dataset(dataset)
    if not revoke_purchase(None, organization_with(organization), row):
        raise NotFoundError(f"{organization} has not bought {row.slug}.")
    if not output.data({"organization": organization, "dataset": row.public_id, "revoked": True}):
        output.line(f"{organization} can no longer download {row.slug}.")


def _dataset(name: str) -> Any:
    from django.db.models import Q  # noqa: PLC0415  loaded where it is used

    from commonhold.server.catalogue.models import Dataset  # noqa: PLC0415

    row = Dataset.objects.filter(Q(public_id=name) | Q(slug=name)).first()
    if row is None:
        raise NotFoundError(f"There is no dataset {name}.")
    return row
