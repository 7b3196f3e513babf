"""Everything that is held on a person, as plain values for a file of their own."""

import datetime as dt
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession

from commonhold.server.access.models import AccessRecord, AccessRequest, Agreement
from commonhold.server.accounts.models import Person
from commonhold.server.audit.models import Entry
from commonhold.server.catalogue.models import Dataset
from commonhold.server.credentials.models import ApiKey, JwtCredential, SessionToken
from commonhold.server.kit import clock
from commonhold.server.kit.viewer import Viewer
from commonhold.server.organizations.models import Invitation, Membership, RightsRequest
from commonhold.server.submissions.models import Submission

if TYPE_CHECKING:
    from django.db.models import QuerySet

_CONTACTS = ("point_of_contact", "funded_by", "legal_contact", "created_by")


def held_on(viewer: Viewer, session_key: str) -> dict[str, Any]:
    """Return what each room holds on the viewer; secrets are not among it, nor what others wrote about them.

    Args:
        viewer: whose data it is.
        session_key: of the browser session that asks, so that it can be told from the others.
    """
    person = Person.objects.get(pk=viewer.person)
    addresses = EmailAddress.objects.filter(user=person)
    mine = {person.email, *addresses.values_list("email", flat=True)}
    return {
        "made_at": clock.iso(clock.now()),
        "person": _row(
            person, "id", "email", "name", "locale", "joined_at", "last_login", "is_reviewer", "is_operator"
        ),
        "addresses": _rows(addresses, "email", "verified", "primary"),
        "second_factors": _rows(Authenticator.objects.filter(user=person), "type", "created_at", "last_used_at"),
        "provider_accounts": _rows(
            SocialAccount.objects.filter(user=person), "provider", "uid", "date_joined", "last_login", "extra_data"
        ),
        "browser_sessions": [
            {**_row(one, "ip", "user_agent", "created_at"), "is_this": one.session_key == session_key}
            for one in UserSession.objects.filter(user=person)
        ],
        "program_sessions": _rows(
            SessionToken.objects.filter(person=person), "created_at", "expires_at", "revoked_at"
        ),
        "api_keys": _rows(
            ApiKey.objects.filter(person=person),
            "name", "prefix", "organization__slug", "scopes", "created_at", "expires_at", "revoked_at", "last_used_at",
        ),
        "jwt_issuers": _rows(JwtCredential.objects.filter(person=person), "issuer", "created_at", "revoked_at"),
        "memberships": _rows(
            Membership.objects.filter(person=person), "organization__slug", "organization__name", "role", "since"
        ),
        "invitations": _rows(
            Invitation.objects.filter(email__in=mine),
            "organization__slug", "role", "status", "created_at", "answered_at",
        ),
        "publishing_rights_requests": _rows(
            RightsRequest.objects.filter(person=person),
            "organization__slug", "proposed_name", "message", "status", "reason", "requested_at", "decided_at",
        ),
        "agreements": _of_datasets(
            Agreement.objects.filter(person=person.pk), "public_id", "terms", "locale", "text_hash", "agreed_at"
        ),
        "access_requests": _rows(
            AccessRequest.objects.filter(person=person),
            "dataset__public_id", "status", "message", "requested_at", "decided_at",
        ),
        "downloads": _of_datasets(
            AccessRecord.objects.filter(person=person.pk),
            "public_id", "kind", "size_bytes", "granted_at", "expires_at",
        ),
        "submissions": _rows(Submission.objects.filter(author=person.pk), "public_id", "name", "status", "created_at"),
        "named_in_submissions": [
            {"submission": one, "as": role}
            for role in _CONTACTS
            for one in Submission.objects.filter(**{f"{role}_email__in": mine}).values_list("public_id", flat=True)
        ],
        "named_in_datasets": list(
            Dataset.objects.filter(contact_email__in=mine).values_list("public_id", flat=True)
        ),
        "what_you_did": _rows(
            Entry.objects.filter(actor=person.pk),
            "at", "action", "object_kind", "object_id", "details",
        ),
    }  # fmt: skip


def _rows(found: "QuerySet[Any]", *fields: str) -> list[dict[str, Any]]:
    return [_plain(values, fields) for values in found.order_by("pk").values_list(*fields).iterator()]


def _row(row: Any, *fields: str) -> dict[str, Any]:
    return _plain([getattr(row, field) for field in fields], fields)


def _plain(values: Iterable[Any], fields: tuple[str, ...]) -> dict[str, Any]:
    return {
        field.replace("__", "_"): clock.iso(value) if isinstance(value, dt.datetime) else value
        for field, value in zip(fields, values, strict=True)
    }


def _of_datasets(found: "QuerySet[Any]", *fields: str) -> list[dict[str, Any]]:
    """Return rows that name their dataset by its row id, with its public id instead where it is still here."""
    rows = list(found.order_by("pk").values_list("dataset", *fields))
    known = dict(Dataset.objects.filter(pk__in={row[0] for row in rows}).values_list("pk", "public_id"))
    return [{"dataset": known.get(dataset), **_plain(values, fields)} for dataset, *values in rows]
