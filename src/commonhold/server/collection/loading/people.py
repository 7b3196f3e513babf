"""Organizations and people of a collection file."""

from typing import Any

from allauth.account.models import EmailAddress

from commonhold.server.accounts.actions import create_person
from commonhold.server.accounts.models import Person
from commonhold.server.audit.actions import record
from commonhold.server.collection.document import ApiKey as ApiKeyEntry
from commonhold.server.collection.document import Organization as OrganizationEntry
from commonhold.server.collection.document import User
from commonhold.server.collection.loading.report import Report
from commonhold.server.collection.record import UNSET
from commonhold.server.credentials import jwt_credentials
from commonhold.server.credentials.actions import create_key
from commonhold.server.credentials.models import ApiKey
from commonhold.server.kit.viewer import REVIEWER, SCOPES
from commonhold.server.organizations.actions import save_organization, set_membership
from commonhold.server.organizations.models import Membership, Organization

_LIMITS = {
    "daily_download_limit": "downloads",
    "daily_bandwidth_limit": "bandwidth",
    "request_limit": "requests",
}


def mentioned(entry: Any, names: dict[str, str]) -> dict[str, Any]:
    """Return what ``entry`` mentions, under the column each of its keys belongs to."""
    found = {column: getattr(entry, name) for name, column in names.items()}
    return {column: value for column, value in found.items() if value is not UNSET}


def apply_organization(entry: OrganizationEntry, report: Report) -> None:
    """Make or change one organization."""
    organization = Organization.objects.filter(slug=entry.slug).first() or Organization(slug=entry.slug)
    changes = mentioned(
        entry, {"id": "public_id", "name": "name", "description": "description", "can_publish": "can_publish"}
    )
    if entry.website is not UNSET:
        changes["website"] = entry.website or ""
    if entry.platform_fee_rate is not UNSET:
        changes["platform_fee_rate"] = str(entry.platform_fee_rate)
    if limits := mentioned(entry, _LIMITS):
        changes["limits"] = {**organization.limits, **limits}
    if save_organization(None, organization, changes):
        report.organizations.append(entry.slug)


def apply_user(entry: User, report: Report) -> None:
    """Make or change one person, their memberships and their credentials."""
    person = Person.objects.filter(email=entry.email).first()
    if person is None:
        person = create_person(
            entry.email,
            entry.password or None,
            name=entry.name or entry.email.split("@")[0],
            **({"locale": entry.locale} if entry.locale else {}),
            site_roles=frozenset(entry.roles or ()),
        )
        # The operator vouches for the address: it is taken as confirmed.
        EmailAddress.objects.create(user=person, email=person.email, verified=True, primary=True)
        report.people.append(entry.email)
    elif _change_person(person, entry):
        report.people.append(entry.email)
    for slug, role in (entry.memberships or {}).items():
        organization = Organization.objects.get(slug=slug)
        if not Membership.objects.filter(person=person, organization=organization, role=role).exists():
            set_membership(None, person=person.pk, organization=organization.pk, role=role)
    for key in entry.api_keys or ():
        _apply_key(person, key, report)
    for credential in entry.jwt or ():
        jwt_credentials.keep(None, person=person.pk, issuer=credential.issuer, secret=credential.secret)


def _change_person(person: Person, entry: User) -> bool:
    changes = mentioned(entry, {"name": "name", "locale": "locale"})
    if entry.roles is not UNSET:
        changes["is_reviewer"] = REVIEWER in entry.roles
        changes["is_operator"] = "operator" in entry.roles
    changes = {name: value for name, value in changes.items() if getattr(person, name) != value}
    for name, value in changes.items():
        setattr(person, name, value)
    if entry.password and not person.check_password(entry.password):
        person.set_password(entry.password)
        changes["password"] = None
    if changes:
        person.save()
        record(None, "accounts.person_changed", "person", person.pk, fields=sorted(changes))
    return bool(changes)


def _apply_key(person: Person, entry: ApiKeyEntry, report: Report) -> None:
    if entry.organization:
        organization = Organization.objects.get(slug=entry.organization)
    else:
        organization = person.personal_organization
    live = ApiKey.objects.filter(
        person=person, organization=organization, name=entry.name, revoked_at__isnull=True
    ).first()
    if live is not None:
        _change_key(live, entry)
        return
    _, text = create_key(
        None,
        person=person.pk,
        organization=organization.pk,
        name=entry.name,
        scopes=SCOPES if entry.scopes is UNSET else entry.scopes,
        expires_at=entry.expires or None,
        key=entry.key or None,
    )
    if not entry.key:
        report.keys.append((person.email, entry.name, text))


def _change_key(key: ApiKey, entry: ApiKeyEntry) -> None:
    changes = mentioned(entry, {"expires": "expires_at"})
    if entry.scopes is not UNSET:
        changes["scopes"] = [scope for scope in SCOPES if scope in entry.scopes]
    changes = {name: value for name, value in changes.items() if getattr(key, name) != value}
    if changes:
        ApiKey.objects.filter(pk=key.pk).update(**changes)
        record(None, "credentials.key_changed", "api_key", key.pk, fields=sorted(changes))
