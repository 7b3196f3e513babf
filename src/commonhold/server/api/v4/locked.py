"""Fields of a dataset that only a reviewed submission changes (decision 13): told, where DRF would drop them silently.

What equals the present value passes, so that a client may send back the object it was given.
"""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError

from commonhold.server.catalogue.queries import DatasetRow

_COLUMNS = {
    "license": "license_abbreviation", "license_name": "license_name", "license_url": "license_url", "task": "task",
    "format": "format", "locale": "locale", "is_paid": "is_paid", "base_price_cents": "base_price_cents",
    "currency": "currency",
}  # fmt: skip
# Never comparable with what was answered: the answer was made of several columns.
_OPAQUE = {"restrictions", "forbidden_usage", "additional_conditions"}


def through_submission() -> str:
    """Return what is told about such a field."""
    return _("This field changes through a submission only.")


def check_locked(data: Any, row: DatasetRow) -> None:
    """Raise the 400 that names every such field whose value was to change."""
    if not isinstance(data, Mapping):
        return
    wrong = [
        field
        for field, column in _COLUMNS.items()
        if field in data and _differs(data[field], getattr(row, column))
    ]
    wrong += sorted(_OPAQUE & set(data))
    if wrong:
        raise ValidationError({field: [through_submission()] for field in wrong})


def _differs(given: Any, stored: Any) -> bool:
    return (given or None) != (stored or None)
