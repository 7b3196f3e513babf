"""When each key was last used."""

import datetime as dt
from collections.abc import Sequence

from django.db import transaction

from commonhold.server.credentials.models import ApiKey
from commonhold.server.kit import clock
from commonhold.server.site.write_behind import WriteBehind


def note(key: int) -> None:
    """Remember that the key with this row id was used just now."""
    noted.note(key, clock.now())


def write() -> None:
    """Write what was noted and return then."""
    noted.write()


def _save(uses: Sequence[tuple[int, dt.datetime]]) -> None:
    with transaction.atomic():
        for key, moment in uses:
            ApiKey.objects.filter(pk=key).update(last_used_at=moment)


#: Uses that are not written yet.
noted = WriteBehind("last uses of keys", _save)
