"""The official client, version by version, and what it is pointed at."""

import pytest

from tests.contract.sdk.environments import VERSIONS, Sdk, environment_of


@pytest.fixture(scope="session", params=VERSIONS)
def sdk(request: pytest.FixtureRequest) -> Sdk:
    """Each version of the client in turn."""
    return environment_of(request.param)


@pytest.fixture(scope="session")
def newest() -> Sdk:
    """The newest version of the client."""
    return environment_of(VERSIONS[0])
