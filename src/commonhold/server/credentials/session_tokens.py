"""Session tokens: signed, thirty days long, ended by signing out, by a new password or by the account's end.

The token carries a signature and its time, so that its age is told from a forgery without the database; a row says
whether it was signed out. The password's digest is in it: whoever changes the password ends every session.
"""

import datetime as dt
import hashlib
import secrets
from dataclasses import dataclass
from typing import Any

from django.core import signing
from django.db import transaction
from django.db.models import QuerySet

from commonhold.server.accounts.models import Person
from commonhold.server.audit.actions import record
from commonhold.server.config.environment import environment
from commonhold.server.credentials import refusals
from commonhold.server.credentials.holders import COLUMNS, JOINS, caller_of
from commonhold.server.credentials.models import SessionToken
from commonhold.server.credentials.queries import Caller
from commonhold.server.credentials.refusals import RefusedError
from commonhold.server.kit import clock, sql
from commonhold.server.kit.secrets import derive_all
from commonhold.server.kit.viewer import Viewer

LIFETIME = dt.timedelta(days=30)
LONGEST_TOKEN = 1024
_MOST_SHOWN = 100
_PURPOSE = "session-token"

_HOLDER = (
    f"SELECT c.revoked_at, p.password, {COLUMNS} FROM credentials_sessiontoken c {JOINS} "  # noqa: S608  constants
    "WHERE c.identifier = %s LIMIT 1000"
)


@dataclass(frozen=True, slots=True)
class Session:
    """A session just begun: its token and its end."""

    token: str
    expires_at: dt.datetime


@transaction.atomic
def begin(person: Person) -> Session:
    """Sign ``person`` in and return the token, which is kept nowhere."""
    moment = clock.now()
    row = SessionToken.objects.create(
        identifier=secrets.token_urlsafe(18), person=person, created_at=moment, expires_at=moment + LIFETIME
    )
    SessionToken.objects.filter(person=person, expires_at__lte=moment).delete()
    record(None, "credentials.session_begun", "person", person.pk)
    return Session(_signer().sign_object([row.identifier, _fingerprint(person.password)]), row.expires_at)


@transaction.atomic
def end(token: str) -> None:
    """Sign out: the token is refused from now on. One that is no token any more is no error."""
    try:
        identifier = _read(token)[0]
    except RefusedError:
        return
    if SessionToken.objects.filter(identifier=identifier, revoked_at__isnull=True).update(
        revoked_at=clock.now()
    ):
        record(None, "credentials.session_ended", "session_token", identifier[:6])


def live(viewer: Viewer) -> list[SessionToken]:
    """Return the viewer's sessions that a token still opens, newest first."""
    found = SessionToken.objects.filter(
        person_id=viewer.person, revoked_at__isnull=True, expires_at__gt=clock.now()
    )
    return list(found.order_by("-created_at")[:_MOST_SHOWN])


@transaction.atomic
def end_one(viewer: Viewer, session: int) -> None:
    """End one of the viewer's own sessions; one that has ended is no error."""
    _end(viewer, SessionToken.objects.filter(pk=session, person_id=viewer.person))


@transaction.atomic
def end_all(viewer: Viewer) -> None:
    """End all of the viewer's own sessions."""
    _end(viewer, SessionToken.objects.filter(person_id=viewer.person))


def _end(viewer: Viewer, sessions: QuerySet[SessionToken]) -> None:
    ending = sessions.filter(revoked_at__isnull=True)
    identifiers = list(ending.values_list("identifier", flat=True))
    ending.update(revoked_at=clock.now())
    for identifier in identifiers:
        record(viewer, "credentials.session_ended", "session_token", identifier[:6])


def caller_with_session(token: str) -> Caller:
    """Return who is signed in with ``token``, in one statement.

    Raises:
        RefusedError: by rules 3.13 to 3.15.
    """
    identifier, fingerprint = _read(token)
    rows = sql.rows(_HOLDER, [identifier])
    if (
        not rows
        or rows[0][0] is not None
        or not secrets.compare_digest(_fingerprint(rows[0][1]), fingerprint)
    ):
        raise RefusedError(refusals.INCORRECT)
    caller = caller_of(rows)
    if caller is None:
        raise RefusedError(refusals.INCORRECT)
    return caller


def _read(token: str) -> tuple[str, str]:
    if len(token) > LONGEST_TOKEN:
        raise RefusedError(refusals.UNDECODABLE)
    try:
        content: Any = _signer().unsign_object(token, max_age=LIFETIME)
    except signing.SignatureExpired:
        raise RefusedError(refusals.EXPIRED) from None
    except signing.BadSignature:
        raise RefusedError(refusals.UNDECODABLE) from None
    identifier, fingerprint = content
    return identifier, fingerprint


def _fingerprint(password: str) -> str:
    return hashlib.sha256(password.encode()).hexdigest()[:16]


def _signer() -> signing.TimestampSigner:
    current, *retired = (key.hex() for key in derive_all(environment().secrets, _PURPOSE))
    return signing.TimestampSigner(key=current, fallback_keys=retired, salt=_PURPOSE)
