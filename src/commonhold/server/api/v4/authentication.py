"""The two schemes of the Authorization header: ``Bearer`` (session token or API key) and ``JWT`` (section 3)."""

from abc import ABC, abstractmethod
from typing import Any

from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from commonhold.server.api.v4.errors import NotAccepted
from commonhold.server.credentials import keys, last_use, refusals
from commonhold.server.credentials.jwt_requests import caller_with_jwt
from commonhold.server.credentials.queries import Caller, caller_with_key, why_not
from commonhold.server.credentials.refusals import RefusedError
from commonhold.server.credentials.session_tokens import caller_with_session


class _Scheme(BaseAuthentication, ABC):
    """One scheme. No header, or another scheme, is a stranger; bad credentials are 401 everywhere (3.6, 3.7)."""

    word = ""
    challenge = ""

    def authenticate(self, request: Request) -> tuple[Caller, str] | None:
        """Return who asks, and with which kind of credential.

        Raises:
            NotAccepted: the scheme is this one and the credentials are not good.
        """
        scheme, *parts = request._request.META.get("HTTP_AUTHORIZATION", "").split() or [""]  # noqa: SLF001
        if scheme.lower() != self.word:
            return None
        if not parts:
            raise NotAccepted(refusals.NO_CREDENTIALS)
        if len(parts) > 1:
            raise NotAccepted(refusals.SPACES)
        try:
            return self.check(parts[0])
        except RefusedError as error:
            raise NotAccepted(error.refusal) from error

    @abstractmethod
    def check(self, text: str) -> tuple[Caller, str]:
        """Return who is behind the credentials, and their kind.

        Raises:
            RefusedError: nobody is.
        """

    def authenticate_header(self, request: Request) -> str:  # noqa: ARG002  DRF's signature
        """Return the challenge that a 401 carries."""
        return self.challenge


class BearerAuthentication(_Scheme):
    """``Authorization: Bearer <session token or API key>``."""

    word = "bearer"
    challenge = 'Bearer realm="api"'

    def check(self, text: str) -> tuple[Caller, str]:
        """Return who holds the key or is signed in with the token."""
        if not text.startswith(keys.PREFIX):
            return caller_with_session(text), "session"
        caller = caller_with_key(text)
        if caller is None or caller.viewer.credential is None:
            raise RefusedError(why_not(text))
        last_use.note(caller.viewer.credential)
        return caller, "key"


class JwtAuthentication(_Scheme):
    """``Authorization: JWT <token>``."""

    word = "jwt"
    challenge = 'JWT realm="api"'

    def check(self, text: str) -> tuple[Caller, str]:
        """Return who signed the token."""
        return caller_with_jwt(text), "jwt"


def kind_of(request: Any) -> str:
    """Return the kind of credential a request came with: ``session``, ``key``, ``jwt`` or nothing."""
    return request.auth or ""
