"""How long each list is, and where its pages begin: counts that triggers keep, in stretches of a few hundred datasets.

A list, newest first, is cut into stretches; each knows the key (creation, row id) of its oldest dataset and how many
it has. Their sum is the length of the list; their running sum finds the key from which a deep page is read, so that no
page costs more than a stretch. ``docs/design/pages-and-counts.md`` tells the whole.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction

from commonhold.server.kit import sql
from commonhold.server.kit.viewer import Viewer

EVERYBODY = 0
LENGTH = 500
_SCOPE = "CASE WHEN visibility IN ('public', 'restricted') THEN 0 ELSE organization_id END"


@dataclass(frozen=True, slots=True)
class Start:
    """Where to read a page from: below a key (``since`` None: from the newest), then skipping a few.

    Where the viewer has private datasets of their own, those above the key are among ``skip`` and must be taken off.
    """

    since: Any | None
    since_id: int
    skip: int


def find(viewer: Viewer, offset: int) -> tuple[int, Start]:
    """Return the length of the viewer's list, and where its dataset at ``offset`` is looked for; in one statement."""
    scopes = [EVERYBODY, *sorted(viewer.memberships)]
    where = f"FROM catalogue_stretch WHERE scope IN ({sql.placeholders(scopes)})"
    if offset < LENGTH:
        # The first pages need no key: one number is enough.
        found = sql.row(f"SELECT coalesce(sum(datasets), 0) {where}", scopes)
        return int(found[0]) if found else 0, Start(None, 0, offset)
    stretches = sql.rows(
        f"SELECT scope, since, since_id, datasets {where} ORDER BY since DESC, since_id DESC",
        scopes,
    )
    return sum(row[3] for row in stretches), start_of(stretches, offset)


def start_of(stretches: Sequence[tuple[int, Any, int, int]], offset: int) -> Start:
    """Return where the dataset at ``offset`` is looked for.

    Everybody's stretches lead. The viewer's own private datasets may all stand above a boundary or all below: the
    boundary is chosen as if they stood above, and the rest is skipped.

    Args:
        stretches: ``(scope, since, since_id, datasets)``, newest first.
        offset: how many datasets of the list come before.
    """
    private = sum(datasets for scope, _, _, datasets in stretches if scope != EVERYBODY)
    passed = 0
    boundary: tuple[Any, int] | None = None
    for scope, since, since_id, datasets in stretches:
        if scope != EVERYBODY:
            continue
        if passed + datasets + private > offset:
            break
        passed += datasets
        boundary = since, since_id
    if boundary is None:
        return Start(None, 0, offset)
    return Start(*boundary, offset - passed)


def keep_short(dataset: int) -> None:
    """Cut the stretch that holds this dataset (row id) where it has grown too long. Called where datasets are saved."""
    found = sql.row(
        "SELECT s.scope, s.since, s.since_id, s.datasets FROM catalogue_dataset d "  # noqa: S608  constants only
        f"JOIN catalogue_stretch s ON s.scope = {_SCOPE} AND (s.since, s.since_id) <= (d.created_at, d.id) "
        "WHERE d.id = %s AND d.status = 'published' ORDER BY s.since DESC, s.since_id DESC LIMIT 1",
        [dataset],
    )
    if found is None or found[3] <= 2 * LENGTH:
        return
    scope, since, since_id, count = found
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO catalogue_stretch (scope, since, since_id, datasets) "  # noqa: S608  constants only
            f"SELECT {_SCOPE}, created_at, id, {LENGTH} FROM catalogue_dataset "
            f"WHERE status = 'published' AND {_SCOPE} = %s AND (created_at, id) >= (%s, %s) "
            "ORDER BY created_at, id LIMIT 1 OFFSET %s",
            [scope, since, since_id, count - LENGTH],
        )
        cursor.execute(
            "UPDATE catalogue_stretch SET datasets = datasets - %s WHERE scope = %s AND since = %s AND since_id = %s",
            [LENGTH * cursor.rowcount, scope, since, since_id],
        )


def rebuild() -> None:
    """Count everything anew and cut it evenly: after a bulk load, or to mend what should never break."""
    sqlite = connection.vendor == "sqlite"
    oldest = "'0001-01-01 00:00:00'" if sqlite else "'0001-01-01 00:00:00Z'::timestamptz"
    first = f"CASE WHEN bucket = 0 THEN {{}} ELSE max(CASE WHEN place = bucket * {LENGTH} THEN {{}} END) END"
    with transaction.atomic(), connection.cursor() as cursor:
        # The lock that every writer of datasets takes first.
        cursor.execute("UPDATE catalogue_generation SET number = number + 1")
        cursor.execute("DELETE FROM catalogue_stretch")
        cursor.execute(
            "INSERT INTO catalogue_stretch (scope, since, since_id, datasets) "  # noqa: S608  constants only
            f"SELECT scope, {first.format(oldest, 'created_at')}, {first.format('0', 'id')}, count(*) FROM ("
            f"SELECT scope, created_at, id, place, place / {LENGTH} AS bucket FROM ("
            f"SELECT {_SCOPE} AS scope, created_at, id, "
            f"row_number() OVER (PARTITION BY {_SCOPE} ORDER BY created_at, id) - 1 AS place "
            "FROM catalogue_dataset WHERE status = 'published') numbered) cut GROUP BY scope, bucket"
        )


def generation() -> int:
    """Return the number that every change of any dataset moves."""
    found = sql.row("SELECT number FROM catalogue_generation WHERE id = 1")
    return int(found[0]) if found else 0
