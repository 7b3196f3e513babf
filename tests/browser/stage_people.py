"""The people of the stage: signed in as a browser is, with second factors, with links that letters sent them."""

import hashlib
import re
import secrets
from typing import Any

from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest
from django.test import Client

from tests.support.collection import PASSWORD
from tests.support.mail import letters_to
from tests.support.site import unique

HALFWAY = "halfway"
_ORIGIN = "http://localhost"


def person_of(address: str) -> Any:
    """Return the person with this address."""
    from commonhold.server.accounts.models import Person

    return Person.objects.get(email=address)


def viewer_of(address: str, memberships: dict[int, str] | None = None) -> Any:
    """Return somebody as actions take them, acting for their only organization or for themselves."""
    from commonhold.server.kit.viewer import OWNER, SCOPES, Viewer

    person = person_of(address)
    held = memberships or {person.personal_organization.pk: OWNER}
    return Viewer(person.pk, next(iter(held)), held, scopes=frozenset(SCOPES))


def session_of(role: str, address: str) -> str:
    """Sign somebody in and return their session; they have just proven who they are, so no page asks again."""
    client = Client(headers={"host": "localhost"})
    if role == HALFWAY:
        answer = client.post("/sign-in", {"login": address, "password": PASSWORD})
        assert answer["Location"] == "/sign-in/second-step"
    else:
        client.force_login(person_of(address))
        _prove(client.session, address)
    key: str = client.cookies["sessionid"].value
    return key


def _prove(session: SessionBase, address: str) -> None:
    from allauth.account.internal.flows.login import AUTHENTICATION_METHODS_SESSION_KEY
    from allauth.account.internal.flows.reauthentication import reauthenticate_by_password

    request = HttpRequest()
    request.session, request.user = session, person_of(address)
    reauthenticate_by_password(request)
    # Such a proof is good for some minutes: these last for as long as it takes to look at many pages.
    session[AUTHENTICATION_METHODS_SESSION_KEY][-1]["at"] += 86_400
    session.save()


def keys_to_an_account(address: str) -> dict[str, str]:
    """Have letters sent to somebody who forgot their password and wants another address; return what they link."""
    client, new = Client(headers={"host": "localhost"}), f"{unique('new')}@example.org"
    client.force_login(person_of(address))
    _prove(client.session, address)
    client.post("/profile/email", {"email": new, "action_add": "1"})
    # Such a key dies when its owner signs in.
    Client(headers={"host": "localhost"}).post("/password/reset", {"email": address})
    owner, _, reset = _linked(address, "password/reset").partition("-")
    return {"owner": owner, "reset": reset, "confirmation": _linked(new, "confirm-address")}


def _linked(address: str, page: str) -> str:
    letters = "\n".join(letter.get_content() for letter in letters_to(address))
    (link,) = re.findall(rf"http://\S+/{page}/(\S+)", letters)
    return str(link)


def second_factors(address: str) -> dict[str, str]:
    """Give somebody an app, recovery codes and a passkey."""
    from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
    from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
    from allauth.mfa.webauthn.internal.auth import WebAuthn

    person = person_of(address)
    TOTP.activate(person, generate_totp_secret())
    RecoveryCodes.activate(person)
    return {"passkey": str(WebAuthn.add(person, "blue key", _credential()).instance.pk)}


def _credential() -> dict[str, Any]:
    """Make what a browser sends of a new passkey."""
    from cryptography.hazmat.primitives.asymmetric import ec
    from fido2.cose import ES256
    from fido2.utils import websafe_encode
    from fido2.webauthn import (
        AttestationObject,
        AttestedCredentialData,
        AuthenticatorData,
        CollectedClientData,
    )

    number, flags = secrets.token_bytes(32), AuthenticatorData.FLAG.UP | AuthenticatorData.FLAG.AT
    public = ES256.from_cryptography_key(ec.generate_private_key(ec.SECP256R1()).public_key())
    held = AttestedCredentialData.create(bytes(16), number, public)
    proof = AuthenticatorData.create(hashlib.sha256(b"localhost").digest(), flags, 0, held)
    said = CollectedClientData.create("webauthn.create", secrets.token_bytes(32), _ORIGIN)
    return {
        "id": websafe_encode(number),
        "rawId": websafe_encode(number),
        "type": "public-key",
        "response": {
            "clientDataJSON": websafe_encode(said),
            "attestationObject": websafe_encode(AttestationObject.create("none", proof, {})),
        },
        "clientExtensionResults": {"credProps": {"rk": True}},
    }
