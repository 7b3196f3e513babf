"""Reading request bodies: bounded, UTF-8, never a failure of ours for a mistake of theirs (rules 2.5, 2.6, 2.13)."""

import json
from typing import Any, NoReturn

from django.utils.translation import gettext as _
from rest_framework import parsers
from rest_framework.exceptions import ParseError

from commonhold.server.api.v4.errors import BodyTooLarge

LARGEST_BODY = 2 * 1024 * 1024


def _check_size(context: Any) -> None:
    if int(context["request"].META.get("CONTENT_LENGTH") or 0) > LARGEST_BODY:
        raise BodyTooLarge


class JSONParser(parsers.JSONParser):
    """JSON as UTF-8, whatever its charset parameter says: no other is allowed (RFC 8259)."""

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:  # noqa: ARG002
        """Return what was sent.

        Raises:
            ParseError: it is no JSON, or nested too deeply.
            BodyTooLarge: it is too long.
        """
        _check_size(parser_context)
        try:
            return json.loads(stream.read().decode("utf-8"), parse_constant=_refuse)
        except RecursionError:
            reason = _("nested too deeply")
        except ValueError as error:
            reason = str(error)
        raise ParseError(_("JSON parse error - %(reason)s") % {"reason": reason})


def _refuse(name: str) -> NoReturn:
    message = f"Out of range float values are not JSON compliant: {name!r}"
    raise ValueError(message)


class FormParser(parsers.FormParser):
    """A form, bounded."""

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        """Return what was sent, as :class:`JSONParser` does."""
        _check_size(parser_context)
        return super().parse(stream, media_type, parser_context)


class MultiPartParser(parsers.MultiPartParser):
    """A form in parts, bounded; files have no place here and are left aside."""

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        """Return what was sent, as :class:`JSONParser` does."""
        _check_size(parser_context)
        try:
            return super().parse(stream, media_type, parser_context)
        except ParseError as error:
            reason = str(error.detail).removeprefix("Multipart form parse error - ")
            raise ParseError(_("Multipart form parse error - %(reason)s") % {"reason": reason}) from error
