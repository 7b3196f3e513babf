"""``commonhold admin generate``: plausible datasets in any number, for measuring a site."""

import click

from commonhold.cli.admin.house import house_options
from commonhold.cli.output import Output
from commonhold.client.errors import UsageError


@click.command("generate")
@click.option("--datasets", type=click.IntRange(1, 10_000_000), required=True, metavar="N", help="How many.")
@click.option(
    "--seed", type=click.IntRange(0, 999_999), default=1, show_default=True, help="Another seed, other ones."
)
@click.option("--yes", is_flag=True, help="Also where the site already has datasets.")
@house_options
def command(datasets: int, seed: int, yes: bool, output: Output) -> None:
    """Add made-up datasets in many languages: entries of the catalogue, to measure lists and searches by.

    They have no archives: their downloads find nothing. Use a data folder of its own. The same seed makes the same
    datasets, and cannot be used twice on one site.
    """
    from commonhold.server.catalogue.models import Dataset  # noqa: PLC0415  loaded where it is used
    from commonhold.server.collection.generating import generate  # noqa: PLC0415
    from commonhold.server.organizations.models import Organization  # noqa: PLC0415

    if not yes and Dataset.objects.exists():
        hint = "Choose another --data folder, or say --yes if they may stand beside each other."
        raise UsageError("This site already has datasets.", hint=hint)
    if Organization.objects.filter(slug=f"generated-{seed}-0").exists():
        raise UsageError(f"Seed {seed} was used on this site before.", hint="Choose another one: --seed N.")
    made = generate(datasets, seed=seed, tell=output.message)
    if not output.data({"organizations": made.organizations, "datasets": made.datasets}):
        output.line(f"{made.datasets:,} datasets of {made.organizations:,} organizations made")
