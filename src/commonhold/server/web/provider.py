"""Signing in with an OpenID Connect provider: who comes in, and who has to prove more first.

The rule (docs/how-to/sign-in-with-openid-connect.md): a subject that is known signs in. An unknown one gets an account
of their own if the provider says that it confirmed their mail address and nobody here has it. If somebody has it, that
account is opened by its own password or passkey first, and connected from inside.
"""

import logging
from typing import Any, ClassVar

from allauth.account.models import EmailAddress
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter, _build_apps_from_settings
from allauth.socialaccount.models import SocialApp, SocialLogin
from allauth.socialaccount.providers.base import AuthProcess
from django.db import transaction
from django.http import HttpRequest
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from commonhold.server.accounts.actions import announce
from commonhold.server.accounts.models import Person

LONGEST_NAME = 255
_LONGEST_REASON = 500
_log = logging.getLogger(__name__)


class ProviderAdapter(DefaultSocialAccountAdapter):
    """Holds the one provider of the settings to the rule above."""

    error_messages: ClassVar = {
        **DefaultSocialAccountAdapter.error_messages,
        "no_password": _(
            "Set a password or add a passkey first, or nothing would open this account any more."
        ),
    }

    def list_apps(
        self, request: HttpRequest, provider: str | None = None, client_id: str | None = None
    ) -> list[SocialApp]:
        """Return the provider of the settings; the database holds none."""
        del request
        found = _build_apps_from_settings(provider=provider, client_id=client_id)
        return [app for apps in found.values() for app in apps]

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Stop whoever would get an account, or somebody's account, without having proven their address."""
        connecting = sociallogin.state.get("process") == AuthProcess.CONNECT
        if sociallogin.is_existing or connecting:
            return
        for one in sociallogin.email_addresses:
            # Some providers write the word instead of the value; anything else is no confirmation.
            one.verified = one.verified is True or one.verified == "true"
        confirmed = [one.email.lower() for one in sociallogin.email_addresses if one.verified]
        if not confirmed:
            self._refuse(request, "socialaccount/unconfirmed.html")
        if Person.objects.filter(email=confirmed[0]).exists():
            self._refuse(request, "socialaccount/taken.html", email=confirmed[0])
        # Somebody else's wish to change to this address, never confirmed, does not stand in its owner's way.
        EmailAddress.objects.filter(email=confirmed[0], verified=False).delete()

    def _refuse(self, request: HttpRequest, template: str, **words: str) -> None:
        raise ImmediateHttpResponse(render(request, template, words, status=403))

    def on_authentication_error(
        self,
        request: HttpRequest,  # noqa: ARG002  allauth's signature
        provider: Any,  # noqa: ARG002  as above
        error: str | None = None,
        exception: Exception | None = None,
        extra_context: dict[str, Any] | None = None,  # noqa: ARG002  as above
    ) -> None:
        """Tell the operator why; the person reads only that it did not work."""
        cause = getattr(exception, "__cause__", None)
        reason = " / ".join(str(one) for one in (error, exception, cause) if one)
        _log.error("signing in with the provider failed: %s", reason[:_LONGEST_REASON])

    def populate_user(self, request: HttpRequest, sociallogin: SocialLogin, data: dict[str, Any]) -> Person:
        """Take over address and name."""
        person: Person = super().populate_user(request, sociallogin, data)
        person.email = person.email.lower()
        person.name = str(data.get("name") or "").replace("\0", "").strip()[:LONGEST_NAME]
        return person

    def save_user(self, request: HttpRequest, sociallogin: SocialLogin, form: Any = None) -> Person:
        """Make the person whole or not at all, and tell the house, which gives them an organization of their own."""
        with transaction.atomic():
            sociallogin.user.locale = request.reader_locale
            person: Person = super().save_user(request, sociallogin, form)
            announce(person)
        return person

    def get_connect_redirect_url(self, request: HttpRequest, socialaccount: Any) -> str:  # noqa: ARG002  allauth's signature
        """Return to where one connects and disconnects."""
        return reverse("socialaccount_connections")
