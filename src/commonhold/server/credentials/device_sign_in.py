"""Signing a program in without handing it a password or a key, as RFC 8628 does.

The program asks for two codes and shows the short one; a signed-in person enters it on the page ``/device`` and says
yes or no; the program, which alone holds the long one, then fetches an API key made at that moment. So the key is on
no page and at rest nowhere.
"""

import datetime as dt
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet

from commonhold.server.audit.actions import record
from commonhold.server.config.environment import environment
from commonhold.server.credentials.actions import KeyNameTakenError, create_key
from commonhold.server.credentials.models import ApiKey, DeviceSignIn
from commonhold.server.kit import clock
from commonhold.server.kit.secrets import derive, derive_all, digest
from commonhold.server.kit.viewer import SCOPES, Viewer
from commonhold.server.organizations.models import Membership

LIFETIME = dt.timedelta(minutes=10)
INTERVAL_SECONDS = 2
# Consonants only: none is taken for another or for a digit, and they spell no word (RFC 8628, 6.1).
ALPHABET = "BCDFGHJKLMNPQRSTVWXZ"
CODE_LENGTH = 8
LONGEST_PROGRAM, LONGEST_MACHINE = 100, 80
# How often one address may ask for codes, and one person, or all at one address, may enter one.
ASKED_RATE, ENTERED_RATE, ENTERED_AT_ADDRESS_RATE = "60/hour", "30/hour", "600/hour"

PENDING, SLOW_DOWN, DENIED, EXPIRED = "authorization_pending", "slow_down", "access_denied", "expired_token"

_DEVICE, _USER = "device-code", "device-user-code"
_LONGEST_DEVICE_CODE = 100
_KEPT = dt.timedelta(days=1)
_MOST_NAMES = 100


class NotYetError(Exception):
    """There is no key for this device code; ``kind`` says why, in the words of RFC 8628, 3.5."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


@dataclass(frozen=True, slots=True)
class Begun:
    """The codes of a sign-in; they are kept nowhere as they are."""

    device_code: str
    user_code: str
    expires_in: int


def begin(*, program: str, machine: str, address: str, scopes: Iterable[str]) -> Begun:
    """Begin a sign-in for a program on a machine, asked for from ``address``."""
    moment = clock.now()
    DeviceSignIn.objects.filter(expires_at__lt=moment - _KEPT).delete()
    wanted = set(scopes)
    while True:
        code = "".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH))
        begun = Begun(secrets.token_urlsafe(32), f"{code[:4]}-{code[4:]}", int(LIFETIME.total_seconds()))
        try:
            with transaction.atomic():
                DeviceSignIn.objects.create(
                    device_digest=digest(derive(environment().secret_key, _DEVICE), begun.device_code),
                    user_digest=digest(derive(environment().secret_key, _USER), code),
                    program=program,
                    machine=machine,
                    address=address[:64],
                    scopes=[scope for scope in SCOPES if scope in wanted],
                    created_at=moment,
                    expires_at=moment + LIFETIME,
                )
        except IntegrityError:
            continue  # one in thousands of millions: that code is somebody else's
        return begun


def waiting(user_code: str) -> DeviceSignIn | None:
    """Return the sign-in that waits for a person under this code, written in whatever way; None where none does."""
    code = "".join(character for character in user_code[:100].upper() if character.isalpha())
    if len(code) != CODE_LENGTH or not set(ALPHABET).issuperset(code):
        return None
    digests = [digest(key, code) for key in derive_all(environment().secrets, _USER)]
    return _waiting().filter(user_digest__in=digests).first()


@transaction.atomic
def confirm(
    viewer: Viewer, row: DeviceSignIn, *, organization: int, key_expires_at: dt.datetime | None
) -> bool:
    """Let the program act for the viewer and one of their organizations; False where it waits no longer.

    Raises:
        ValueError: the viewer is no member of the organization.
    """
    if viewer.person is None or not viewer.is_member_of(organization):
        message = "Nobody signs in for an organization they are not in."
        raise ValueError(message)
    changed = (
        _waiting()
        .filter(pk=row.pk)
        .update(
            state=DeviceSignIn.CONFIRMED,
            person=viewer.person,
            organization=organization,
            key_expires_at=key_expires_at,
        )
    )
    if changed:
        record(viewer, "credentials.device_confirmed", "device_sign_in", row.pk, machine=row.machine)
    return bool(changed)


@transaction.atomic
def deny(viewer: Viewer, row: DeviceSignIn) -> bool:
    """Turn the program away; False where it waits no longer."""
    changed = _waiting().filter(pk=row.pk).update(state=DeviceSignIn.DENIED, person=viewer.person)
    if changed:
        record(viewer, "credentials.device_denied", "device_sign_in", row.pk, machine=row.machine)
    return bool(changed)


def collect(device_code: str) -> tuple[ApiKey, str]:
    """Make the key that a person has confirmed and return it with its text, this once.

    Raises:
        NotYetError: nobody has confirmed it, or it cannot be had any more.
    """
    row = _with(device_code)
    moment = clock.now()
    if row is None or row.expires_at <= moment or row.state == DeviceSignIn.COLLECTED:
        raise NotYetError(EXPIRED)
    if row.state == DeviceSignIn.DENIED:
        raise NotYetError(DENIED)
    if row.state == DeviceSignIn.PENDING:
        raise NotYetError(PENDING if _is_in_time(row, moment) else SLOW_DOWN)
    with transaction.atomic():
        taken = DeviceSignIn.objects.filter(pk=row.pk, state=DeviceSignIn.CONFIRMED).update(
            state=DeviceSignIn.COLLECTED
        )
        if not taken:
            raise NotYetError(EXPIRED)
        return _make(row)


def free_name(person: int, organization: int, machine: str) -> str:
    """Return the name that a key for this machine would have now."""
    taken = set(
        ApiKey.objects.filter(
            person_id=person, organization_id=organization, revoked_at__isnull=True
        ).values_list("name", flat=True)
    )
    return next(name for name in _names(machine) if name not in taken)


def _make(row: DeviceSignIn) -> tuple[ApiKey, str]:
    membership = Membership.objects.filter(
        person_id=row.person_id, organization_id=row.organization_id, person__is_active=True
    ).first()
    if membership is None:
        raise NotYetError(DENIED)
    viewer = Viewer(person=membership.person_id, organization=membership.organization_id)
    for _ in range(_MOST_NAMES):
        try:
            with transaction.atomic():
                return create_key(
                    viewer,
                    person=membership.person_id,
                    organization=membership.organization_id,
                    name=free_name(membership.person_id, membership.organization_id, row.machine),
                    scopes=row.scopes,
                    expires_at=row.key_expires_at,
                )
        except (KeyNameTakenError, IntegrityError):
            continue  # another of theirs took the name between the look and here
    raise NotYetError(DENIED)


def _names(machine: str) -> Iterator[str]:
    yield machine
    number = 2
    while True:
        yield f"{machine} ({number})"
        number += 1


def _waiting() -> QuerySet[DeviceSignIn]:
    return DeviceSignIn.objects.filter(state=DeviceSignIn.PENDING, expires_at__gt=clock.now())


def _with(device_code: str) -> DeviceSignIn | None:
    if not 0 < len(device_code) <= _LONGEST_DEVICE_CODE:
        return None
    digests = [digest(key, device_code) for key in derive_all(environment().secrets, _DEVICE)]
    return DeviceSignIn.objects.filter(device_digest__in=digests).first()


def _is_in_time(row: DeviceSignIn, moment: dt.datetime) -> bool:
    """Note that the program has asked; False where it asks faster than it was told to."""
    # Half of the interval is forgiven: networks bunch what was sent evenly.
    before = moment - dt.timedelta(seconds=INTERVAL_SECONDS / 2)
    due = Q(polled_at__isnull=True) | Q(polled_at__lte=before)
    return bool(DeviceSignIn.objects.filter(due, pk=row.pk).update(polled_at=moment))
