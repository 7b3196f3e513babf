"""``commonhold admin load``: a collection file becomes the site's data."""

from pathlib import Path

import click

from commonhold.cli.admin.house import house_options
from commonhold.cli.output import Output
from commonhold.client.errors import UsageError


@click.command("load")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@house_options
def command(file: Path, output: Output) -> None:
    """Create or update everything that a collection FILE names: all of it, or nothing.

    Running it twice is safe. docs/reference/collection-file.md explains the format.
    """
    from commonhold.server.collection.file import read_collection  # noqa: PLC0415  loaded where it is used
    from commonhold.server.collection.loading.everything import load  # noqa: PLC0415
    from commonhold.server.collection.mistakes import CollectionError  # noqa: PLC0415
    from commonhold.server.config.environment import environment  # noqa: PLC0415
    from commonhold.server.storage.store import object_store  # noqa: PLC0415

    try:
        report = load(read_collection(file), object_store(environment(), public_url=""), output.message)
    except CollectionError as error:
        raise UsageError(
            str(error), hint="Nothing was loaded. Mend the file and run the command again."
        ) from error
    made = [{"user": email, "name": name, "key": key} for email, name, key in report.keys]
    changed = {
        "organizations": report.organizations,
        "people": report.people,
        "datasets": report.datasets,
        "versions": report.versions,
    }
    if output.data({**changed, "keys": made}):
        return
    for what, names in changed.items():
        output.line(f"{what}: {len(names)} made or changed" + (f" ({', '.join(names)})" if names else ""))
    for key in made:
        output.line(f"key {key['name']} of {key['user']}: {key['key']}  (shown once)")
