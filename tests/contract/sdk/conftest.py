"""The official client, version by version, and what it is pointed at."""

import sys

import pytest

from tests.contract.sdk.environments import VERSIONS, Sdk, environment_of


@pytest.fixture(scope="session", params=VERSIONS)
def sdk(request: pytest.FixtureRequest) -> Sdk:
    """Each version of the client in turn."""
    return environment_or_skip(request.param)


@pytest.fixture(scope="session")
def newest() -> Sdk:
    """The newest version of the client."""
    return environment_or_skip(VERSIONS[0])


def environment_or_skip(version: str) -> Sdk:
    """Return the client of this version; it says itself which Python it needs."""
    if version == "0.7.0" and sys.version_info < (3, 11, 4):
        pytest.skip("the official SDK 0.7.0 needs Python 3.11.4 or newer")
    return environment_of(version)
