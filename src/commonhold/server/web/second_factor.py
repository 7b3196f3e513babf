"""Second factors and passkeys: allauth's flows with secrets sealed, the site's own address and the site's own words."""

import base64
import hashlib
import secrets
from typing import Any, ClassVar
from urllib.parse import urlsplit

from allauth.core import context
from allauth.core.internal.cryptokit import normalize_user_code
from allauth.mfa import app_settings
from allauth.mfa.adapter import DefaultMFAAdapter, get_adapter
from allauth.mfa.base.forms import AuthenticateForm, BaseAuthenticateForm, ReauthenticateForm
from allauth.mfa.base.internal.flows import check_rate_limit
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.forms import AddWebAuthnForm
from django import forms
from django.conf import settings
from django.core.cache import cache
from django.utils.translation import gettext as translate
from django.utils.translation import gettext_lazy as _

from commonhold.server.accounts.models import Person
from commonhold.server.kit.sealed import seal, unseal
from commonhold.server.web.addresses import site_address
from commonhold.server.web.context import SITE_NAME

PURPOSE = "second-factor"


class SecondFactorAdapter(DefaultMFAAdapter):
    """Keeps secrets sealed and binds passkeys to the site's own host."""

    error_messages: ClassVar = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": _("That is not right. Try again."),
        "cannot_generate_recovery_codes": _(
            "Set up an app or a passkey first: recovery codes stand in for them."
        ),
        "unverified_email": _("Confirm your new mail address first, or take the change back."),
    }

    def get_totp_issuer(self) -> str:
        """Return what the person's app shows beside the code."""
        return SITE_NAME

    def encrypt(self, text: str) -> str:
        """Seal a secret, so that the database alone opens no account."""
        return seal(settings.ENVIRONMENT.secrets, PURPOSE, text)

    def decrypt(self, encrypted_text: str) -> str:
        """Open a sealed secret; where that cannot be done, return one that nobody knows, so that no code fits."""
        opened = unseal(settings.ENVIRONMENT.secrets, PURPOSE, encrypted_text)
        return opened if opened is not None else base64.b32encode(secrets.token_bytes(20)).decode()

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """Return whom a passkey is made for: the site's host, whatever its port."""
        return {"id": urlsplit(site_address(context.request)).hostname or "", "name": SITE_NAME}

    def generate_authenticator_name(self, user: Person, type: Authenticator.Type) -> str:  # noqa: A002  allauth's name
        """Return the name a new passkey gets where its owner writes none."""
        number = Authenticator.objects.filter(user_id=user.pk, type=type).count() + 1
        return translate("Passkey %(number)d") % {"number": number}


class _CodesWorkOnce(BaseAuthenticateForm):
    """Takes a code from an app once (RFC 6238, section 5.2): allauth itself forgets it before it has grown too old."""

    def clean_code(self) -> str:
        """Return a code that is right and was not used before; one that was counts as a guess."""
        code = normalize_user_code(self.cleaned_data["code"])
        used = f"second-factor:used:{self.user.pk}:{hashlib.sha256(code.encode()).hexdigest()}"
        if cache.get(used) is None:
            right: str = super().clean_code()
            # As long as the clocks of phones may be off, a code is good before and after its own time.
            lifetime = app_settings.TOTP_PERIOD * (1 + 2 * app_settings.TOTP_TOLERANCE)
            if self.authenticator.type != Authenticator.Type.TOTP or cache.add(used, "y", lifetime):
                return right
        check_rate_limit(self.user)
        raise get_adapter().validation_error("incorrect_code")


class SignInCodeForm(_CodesWorkOnce, AuthenticateForm):
    """The second step of signing in, by a code."""


class ConfirmCodeForm(_CodesWorkOnce, ReauthenticateForm):
    """Confirming by a code that it is still oneself."""


class PasskeyForm(AddWebAuthnForm):
    """A new passkey or security key; the browser's script fills in the credential."""

    name = forms.CharField(
        label=_("Name"),
        max_length=100,
        required=False,
        help_text=_("Something you will recognize it by, such as “phone” or “blue key”."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    passwordless = forms.BooleanField(
        label=_("Sign in with it alone, without the password"), required=False, initial=True
    )

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        # Where nothing is written the name is made up then, not offered now.
        self.initial.pop("name", None)
