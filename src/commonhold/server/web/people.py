"""How people sign up and in: allauth's flows with this house's own people behind them."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.auth_backends import AuthenticationBackend
from allauth.account.forms import SignupForm
from allauth.account.models import EmailAddress
from django import forms
from django.contrib import messages
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as translate
from django.utils.translation import gettext_lazy as _

from commonhold.server.accounts.actions import announce
from commonhold.server.accounts.models import Person
from commonhold.server.organizations.queries import memberships_of
from commonhold.server.web.addresses import absolute


class SessionBackend(AuthenticationBackend):
    """Reads a session's person together with their memberships, which every page needs, in one statement."""

    def get_user(self, user_id: int) -> Person | None:
        """Return the person, if they may still sign in; ``known_memberships`` is set on them."""
        memberships = memberships_of(user_id)
        if not memberships:
            return super().get_user(user_id)
        person = memberships[0].person
        if not self.user_can_authenticate(person):
            return None
        person.known_memberships = memberships
        return person


class AccountAdapter(DefaultAccountAdapter):
    """Writes the site's own address into messages, whatever host a request named."""

    def get_email_confirmation_url(self, request: HttpRequest, emailconfirmation: Any) -> str:
        """Return the link that confirms an address."""
        return absolute(request, reverse("account_confirm_email", args=[emailconfirmation.key]))

    def get_reset_password_from_key_url(self, key: str) -> str:
        """Return the link that sets a new password."""
        person, _, token = key.partition("-")
        return absolute(self.request, reverse("account_reset_password_from_key", args=[person, token]))

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:  # noqa: ARG002  allauth's signature
        """Return to the profile once the password is changed."""
        return reverse("profile")

    def confirm_email(self, request: HttpRequest, email_address: EmailAddress) -> bool:
        """Confirm an address, unless somebody has got an account with it meanwhile."""
        try:
            with transaction.atomic():
                confirmed: bool = super().confirm_email(request, email_address)
        except IntegrityError:
            messages.error(request, translate("That address already belongs to another account."))
            return False
        return confirmed

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send a message; links in it lead to the site's own address."""
        context = {
            **context,
            "site_address": absolute(self.request, "/"),
            "signup_url": absolute(self.request, reverse("account_signup")),
            "security_url": absolute(self.request, reverse("mfa_index")),
        }
        context.setdefault("password_reset_url", absolute(self.request, reverse("account_reset_password")))
        super().send_mail(template_prefix, email, context)


class SignUpForm(SignupForm):
    """Asks for a name besides address and password, and makes the person whole or not at all."""

    name = forms.CharField(
        label=_("Name"),
        max_length=255,
        required=False,
        help_text=_("How you want to be called. Publishers see it when you ask them for access."),
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    field_order = ("name", "email", "password1", "password2")

    def try_save(self, request: HttpRequest) -> tuple[Person | None, HttpResponse | None]:
        """Create the person; behave the same where the address is taken, so that nobody learns who has an account."""
        try:
            with transaction.atomic():
                saved: tuple[Person | None, HttpResponse | None] = super().try_save(request)
        except IntegrityError:
            # Somebody signed up with this address a moment ago: between the check and here.
            self.account_already_exists = True
            saved = super().try_save(request)
        return saved

    def save(self, request: HttpRequest) -> Person:
        """Create the person and tell the house, which gives them an organization of their own."""
        person: Person = super().save(request)
        person.name = self.cleaned_data["name"].strip()
        person.locale = request.reader_locale
        person.save(update_fields=["name", "locale"])
        announce(person)
        return person
