"""Signing in with address and password, for programs: the same answer for every kind of failure, at the same pace."""

from allauth.account.models import EmailAddress
from django.apps import apps
from django.contrib.auth.hashers import make_password

from commonhold.server.accounts.models import Person
from commonhold.server.credentials import refusals
from commonhold.server.credentials.refusals import RefusedError


class SecondFactorError(ValueError):
    """The password is right, but the person has set up a second factor, which only the web page asks for."""


def person_who_signs_in(email: str, password: str) -> Person:
    """Return the person with this address and password.

    Raises:
        RefusedError: unknown address, wrong password, account closed, address not confirmed: all the same.
        SecondFactorError: a password alone does not open this account.
    """
    person = Person.objects.filter(email=email.strip().lower()).first()
    if person is None:
        make_password(password)  # takes as long as checking one: timing tells no addresses
        raise RefusedError(refusals.INCORRECT)
    if not person.check_password(password) or not person.is_active or not _is_confirmed(person):
        raise RefusedError(refusals.INCORRECT)
    if _has_second_factor(person):
        raise SecondFactorError
    return person


def _is_confirmed(person: Person) -> bool:
    return EmailAddress.objects.filter(user=person, email=person.email, verified=True).exists()


def _has_second_factor(person: Person) -> bool:
    if not apps.is_installed("allauth.mfa"):
        return False
    return bool(apps.get_model("mfa", "Authenticator").objects.filter(user=person).exists())
