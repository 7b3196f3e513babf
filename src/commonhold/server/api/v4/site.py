"""``site/``: whether the site takes changes now, and its notice (rules 4.9 to 4.13); operators switch here, too."""

from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import PermissionDenied, ValidationError
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from commonhold.server.api.v4 import shapes
from commonhold.server.api.v4.endpoint import Endpoint, SignedIn
from commonhold.server.api.v4.inputs import Input, checked
from commonhold.server.api.v4.translated import TranslatedField
from commonhold.server.kit.translation import DEFAULT_LOCALE, pick
from commonhold.server.kit.viewer import OPERATOR
from commonhold.server.site.actions import change
from commonhold.server.site.queries import switches

LONGEST_NOTICE = 1000


class SiteInput(Input):
    """What an operator may switch. ``notice`` replaces what was there, as a whole."""

    read_only = serializers.BooleanField(required=False)
    notice = TranslatedField(max_length=LONGEST_NOTICE, required=False, allow_null=True)


class Site(Endpoint):
    """The state of the site."""

    def get_authenticators(self) -> list[BaseAuthentication]:
        """Ask who it is only where it matters: a broken Authorization header still reads this (rule 3.9)."""
        return super().get_authenticators() if self._changes() else []

    def get_permissions(self) -> list[BasePermission]:
        """Let everybody read."""
        return [SignedIn()] if self._changes() else []

    def get(self, request: Request) -> HttpResponse:  # noqa: ARG002  the method's signature
        """Return whether the site is read-only, and its notice."""
        return self.answer(status_of(self.locale))

    def patch(self, request: Request) -> HttpResponse:  # noqa: ARG002  as above
        """Switch read-only mode on, or change the notice. Switching it off is done on the machine (decision 14)."""
        if OPERATOR not in self.viewer.site_roles:
            raise PermissionDenied
        changes: dict[str, Any] = checked(self, SiteInput, partial=True)
        if "notice" in changes:
            changes["notice"] = {k: v for k, v in (changes["notice"] or {}).items() if v is not None}
        if changes.get("read_only") is False and switches().read_only:
            raise ValidationError({"read_only": [_("Read-only mode is switched off on the server only.")]})
        if changes:
            change(self.viewer, **changes)
        return self.answer(status_of(self.locale))

    def _changes(self) -> bool:
        return self.request is not None and self.request.method == "PATCH"


def status_of(locale: str) -> shapes.SiteStatus:
    """Return the site's state in a language; null where there is no notice (decision 11)."""
    now = switches()
    notice = pick(now.notice, locale, DEFAULT_LOCALE) or next(iter(now.notice.values()), None)
    return shapes.SiteStatus(read_only=now.read_only, notice=notice or None)
