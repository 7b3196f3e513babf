"""Messages about invitations and publishing rights; each is a job of the transaction that makes it necessary."""

from django.http import HttpRequest
from django.urls import reverse

from commonhold.server.accounts.directory import operators
from commonhold.server.accounts.models import Person
from commonhold.server.kit.translation import DEFAULT_LOCALE, pick
from commonhold.server.mail.actions import write_later
from commonhold.server.organizations.models import Invitation, Organization, RightsRequest
from commonhold.server.web.addresses import absolute
from commonhold.server.web.context import SITE_NAME


def tell_invited(request: HttpRequest, invitation: Invitation) -> None:
    """Tell somebody that they are invited; in the inviter's language, since theirs would tell of an account."""
    address = absolute(request, reverse("invitation", args=[invitation.public_id]))
    name = _name(invitation.organization, request.reader_locale)
    _write(
        invitation.email, request.reader_locale, "invited", name=name, address=address, invitation=invitation
    )


def tell_operators(request: HttpRequest, asked: RightsRequest) -> None:
    """Tell the operators that somebody wants to publish."""
    address = absolute(request, reverse("rights_desk"))
    for person in operators():
        _write(
            person.email,
            person.locale,
            "rights_asked",
            about=asked.person_id,
            asked=asked,
            name=_wanted(asked, person),
            address=address,
        )


def tell_asker(request: HttpRequest, decided: RightsRequest) -> None:
    """Tell somebody what became of their wish."""
    person = decided.person
    address = absolute(request, reverse("ask_rights"))
    _write(
        person.email,
        person.locale,
        "rights_decided",
        asked=decided,
        name=_wanted(decided, person),
        address=address,
    )


def _wanted(asked: RightsRequest, reader: Person) -> str:
    return _name(asked.organization, reader.locale) if asked.organization else asked.proposed_name


def _name(organization: Organization, locale: str) -> str:
    return pick(organization.name, locale, DEFAULT_LOCALE) or organization.slug


def _write(to: str, locale: str, letter: str, *, about: int | None = None, **context: object) -> None:
    write_later(to, locale, f"letters/{letter}", about=about, site_name=SITE_NAME, **context)
