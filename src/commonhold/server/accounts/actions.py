"""Changes to people."""

from collections.abc import Iterable, Mapping
from typing import Any

from allauth.account.models import EmailAddress
from django.contrib.sessions.models import Session
from django.db import transaction

from commonhold.server.accounts.models import Person
from commonhold.server.accounts.news import PersonJoined, PersonLeft
from commonhold.server.audit.actions import record
from commonhold.server.kit import events
from commonhold.server.kit.translation import DEFAULT_LOCALE
from commonhold.server.kit.viewer import OPERATOR, REVIEWER, Viewer
from commonhold.server.mail.actions import forget_letters


@transaction.atomic
def create_person(
    email: str,
    password: str | None = None,
    *,
    name: str = "",
    locale: str = DEFAULT_LOCALE,
    site_roles: frozenset[str] = frozenset(),
) -> Person:
    """Create a person whose address is known to be theirs, and tell the house."""
    person = Person.objects.create_user(
        email,
        password,
        name=name,
        locale=locale,
        is_reviewer="reviewer" in site_roles,
        is_operator="operator" in site_roles,
    )
    announce(person)
    return person


@transaction.atomic
def change_profile(viewer: Viewer, changes: Mapping[str, Any]) -> None:
    """Write what people change of themselves: ``name``, ``locale``."""
    person = Person.objects.get(pk=viewer.person)
    changed = {name: value for name, value in changes.items() if getattr(person, name) != value}
    if not changed:
        return
    for name, value in changed.items():
        setattr(person, name, value)
    person.save(update_fields=sorted(changed))
    record(viewer, "accounts.profile_changed", "person", person.pk, fields=sorted(changed))


@transaction.atomic
def delete_person(viewer: Viewer, *, web_sessions: Iterable[str] = ()) -> None:
    """Delete the viewer's account and what the house holds on them; only plain ids stay, in trail and ledger.

    Args:
        viewer: whoever leaves.
        web_sessions: keys of browser sessions to end.
    """
    person = Person.objects.select_for_update().get(pk=viewer.person)
    addresses = {person.email, *EmailAddress.objects.filter(user=person).values_list("email", flat=True)}
    record(viewer, "accounts.left", "person", person.pk)
    news = PersonLeft(person.pk, tuple(sorted(address.lower() for address in addresses)), person.name)
    events.publish(news)
    forget_letters(person.pk, news.addresses)
    Session.objects.filter(session_key__in=list(web_sessions)).delete()
    person.delete()


def announce(person: Person) -> None:
    """Publish that ``person`` has joined; whoever creates people another way (sign-up) calls this too."""
    events.publish(PersonJoined(person=person.pk, email=person.email, name=person.name))


def set_locale(person: int, locale: str) -> None:
    """Keep the language a person wants to read in."""
    Person.objects.filter(pk=person).exclude(locale=locale).update(locale=locale)


class NotAllowedError(PermissionError):
    """The viewer may not do this to this person."""


@transaction.atomic
def set_active(person: Person, *, active: bool, viewer: Viewer | None = None) -> None:
    """Let a person in, or keep them out: keys and web sessions ask for it at every request.

    Raises:
        NotAllowedError: the viewer is no operator, or would lock themselves out.
    """
    _only_operators(viewer, person)
    if person.is_active != active:
        person.is_active = active
        person.save(update_fields=["is_active"])
        record(viewer, "accounts.activated" if active else "accounts.deactivated", "person", person.pk)


@transaction.atomic
def set_site_roles(viewer: Viewer | None, person: Person, roles: frozenset[str]) -> None:
    """Give a person the roles for the whole site that are named, and take the others away.

    Raises:
        NotAllowedError: the viewer is no operator, or would take their own role away.
    """
    _only_operators(viewer, person)
    wanted = {"is_reviewer": REVIEWER in roles, "is_operator": OPERATOR in roles}
    if all(getattr(person, name) == value for name, value in wanted.items()):
        return
    for name, value in wanted.items():
        setattr(person, name, value)
    person.save(update_fields=list(wanted))
    record(viewer, "accounts.site_roles_set", "person", person.pk, roles=sorted(roles))


def _only_operators(viewer: Viewer | None, person: Person) -> None:
    """Refuse who is no operator; and an operator about themselves, so that a site is never left without one."""
    if viewer is not None and (not viewer.is_operator or viewer.person == person.pk):
        raise NotAllowedError
