"""Checking what was sent against a serializer, with every mistake told at once."""

from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from commonhold.server.api.v4.endpoint import Endpoint
from commonhold.server.api.v4.errors import NON_FIELD_ERRORS


class Input(serializers.Serializer[Any]):
    """What a request may say. Serializers here only read: answers are made of plain rows."""


def checked(endpoint: Endpoint, kind: type[Input], *, partial: bool = False) -> dict[str, Any]:
    """Return what was sent, checked.

    Args:
        endpoint: whose request it is.
        kind: what it is checked against.
        partial: whether required fields may be left out (PATCH).

    Raises:
        ValidationError: 400, with all mistakes.
    """
    data = endpoint.request.data
    if data is None:
        raise ValidationError({NON_FIELD_ERRORS: [_("No data provided")]})
    serializer = kind(data=data, partial=partial, context={"locale": endpoint.locale})
    serializer.is_valid(raise_exception=True)
    found: dict[str, Any] = dict(serializer.validated_data)
    return found


def checked_query(endpoint: Endpoint, kind: type[Input]) -> dict[str, Any]:
    """Return what the address asks for behind its ``?``, checked.

    Raises:
        ValidationError: 400, with all mistakes.
    """
    serializer = kind(data=endpoint.request.query_params)
    serializer.is_valid(raise_exception=True)
    found: dict[str, Any] = dict(serializer.validated_data)
    return found
