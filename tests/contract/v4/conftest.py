"""What the tests of the v4 conventions speak about: one organization with a dataset, and people around it."""

import base64
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from tests.support.collection import Maker
from tests.support.site import Site

PASSWORD = "correct horse battery"


def encoded(value: Any) -> str:
    """Return a value as a segment of a JWT."""
    content = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def signed(secret: str, claims: Any, header: Any = None, digest: Callable[..., Any] = hashlib.sha256) -> str:
    """Make a JWT by hand, with the secret's own characters as the key."""
    text = f"{encoded(header or {'alg': 'HS256', 'typ': 'JWT'})}.{encoded(claims)}"
    return f"{text}.{encoded(hmac.new(secret.encode(), text.encode(), digest).digest())}"


@dataclass
class World:
    site: Site
    make: Maker
    organization: str
    dataset: str
    owner: str
    owner_key: str
    stranger: str
    stranger_key: str
    issuer: str
    secret: str

    def call(self, method: str, path: str, **arguments: Any) -> httpx.Response:
        """Send a request below ``/api/v4/``; ``auth`` is the whole Authorization header."""
        if auth := arguments.pop("auth", None):
            arguments["headers"] = {**arguments.get("headers", {}), "Authorization": auth}
        return self.site.request(method, f"/api/v4/{path}", **arguments)

    def get(self, path: str, **arguments: Any) -> httpx.Response:
        return self.call("GET", path, **arguments)

    def edit(
        self, body: Any, path: str | None = None, method: str = "PATCH", **arguments: Any
    ) -> httpx.Response:
        """Change the dataset as its owner does."""
        return self.call(
            method, path or f"datasets/{self.dataset}/", key=self.owner_key, json=body, **arguments
        )

    def sign_in(self, email: str | None = None) -> str:
        """Return a session token."""
        answer = self.call(
            "POST", "accounts/session/", json={"email": email or self.owner, "password": PASSWORD}
        )
        assert answer.status_code == 201, answer.text
        return str(answer.json()["token"])

    def claims(self, **more: Any) -> dict[str, Any]:
        now = int(time.time())
        return {"iss": self.issuer, "iat": now, "exp": now + 60, **more}

    def jwt(self, **claims: Any) -> str:
        """Return an Authorization header for the owner."""
        return f"JWT {signed(self.secret, self.claims(**claims))}"


def build(site: Site, make: Maker) -> World:
    """Load the organization, its people and its dataset."""
    issuer, secret = f"user:{secrets.randbelow(10**9)}:{secrets.randbelow(1000)}", secrets.token_hex(32)
    organization = make.organization(name={"en-US": "Society", "fr": "Société"})
    owner, owner_key = make.person(organization, role="owner", jwt=[{"issuer": issuer, "secret": secret}])
    stranger, stranger_key = make.person(None)
    dataset = make.dataset(
        organization, name={"en-US": "Games", "fr": "Jeux", "kn": "ಆಟಗಳು"}, short_description="All of them",
        created="2025-08-26T12:00:00Z",
    )  # fmt: skip
    make.load()
    return World(site, make, organization, dataset, owner, owner_key, stranger, stranger_key, issuer, secret)


@pytest.fixture
def world(site: Site, make: Maker) -> World:
    """For a test that changes what it finds."""
    return build(site, make)


@pytest.fixture(scope="session")
def steady(site: Site, tmp_path_factory: pytest.TempPathFactory) -> World:
    """For tests that leave everything as it is."""
    return build(site, Maker(tmp_path_factory.mktemp("steady")))
