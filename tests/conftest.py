"""One site for each run: its own data folder, its own database on the chosen engine, its own store, its own servers.

``--engine`` chooses the database, ``--store`` where objects lie; ``python -m tests`` runs everything on SQLite with the
embedded store, what touches a database once more on PostgreSQL, and the contracts whose bytes go to the store on S3
with either. Tests share the site and keep apart by organizations, people and datasets of their own.
"""

import os
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from tests.support.collection import Maker
from tests.support.postgresql import PostgreSQL
from tests.support.seaweedfs import SeaweedFS
from tests.support.site import Site, start_site

pytest.register_assert_rewrite("tests.server.storage.contract", "tests.server.storage.upload_contract")

# How long an example takes says more about the machine than about the code.
hypothesis.settings.register_profile(
    "commonhold", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("commonhold")

# Days are counted in UTC; a test that has begun on one ends on it, unless it takes longer than this.
_DAY_SECONDS, _LONGEST_TEST_SECONDS = 86_400, 120

_DATABASE_FIXTURES = {"site", "database", "make"}
_server: PostgreSQL | None = None
_objects: SeaweedFS | None = None
_folder: Path | None = None


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--engine", choices=["sqlite", "postgresql"], default="sqlite", help="the database to test on"
    )
    parser.addoption(
        "--store", choices=["embedded", "s3"], default="embedded", help="where the site's objects lie"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Point this process, and every command it starts, at a site of the run's own."""
    # What a shell starts in the background ignores Ctrl-C, and so would the commands that tests stop by it.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    global _server, _objects, _folder
    worker = getattr(config, "workerinput", None)
    name = worker["workerid"] if worker else "main"
    _folder = Path(tempfile.mkdtemp(prefix=f"commonhold-tests-{name}-"))
    for variable in [name for name in os.environ if name.startswith(("COMMONHOLD_", "MDC_"))]:
        del os.environ[variable]
    os.environ["HOME"] = str(_folder / "home")
    (_folder / "home").mkdir()
    os.environ["COMMONHOLD_DATA"] = str(_folder / "data")
    # Every test signs in from one address: strangers' requests must not run out for the others.
    os.environ["COMMONHOLD_REQUEST_LIMIT"] = "100000/minute"
    os.environ["DJANGO_SETTINGS_MODULE"] = "commonhold.server.config.settings"
    if config.getoption("--engine") == "postgresql":
        if worker:
            _attach(worker["postgresql"], name)
        else:
            _server = PostgreSQL()
            _server.start()
            _attach(_server.url, name)
    if config.getoption("--store") == "s3":
        if not worker:
            _objects = SeaweedFS()
            _objects.start()
        # Each process has a database of its own, and so objects of its own: a prefix.
        settings = worker["s3"] if worker else _objects.settings()
        os.environ.update(
            settings | {"COMMONHOLD_STORAGE_URL": f"{settings['COMMONHOLD_STORAGE_URL']}{name}"}
        )
    import django

    django.setup()
    _hash_each_password_once()


def _hash_each_password_once() -> None:
    """Let people with the same password share a real hash of it: a fifth of a second of work for each of thousands."""
    from django.contrib.auth import base_user, hashers

    known: dict[str, str] = {}

    def make_password(password: str | None, *arguments: object) -> str:
        if password is None or arguments:
            return hashers.make_password(password, *arguments)
        if password not in known:
            known[password] = hashers.make_password(password)
        return known[password]

    base_user.make_password = make_password


def _attach(url: str, name: str) -> None:
    server = PostgreSQL.at(url)
    os.environ["COMMONHOLD_DATABASE_URL"] = server.create_database(f"tests_{name}")


def pytest_configure_node(node: object) -> None:
    """Tell a worker of pytest-xdist where the run's PostgreSQL and S3 are."""
    if _server:
        node.workerinput["postgresql"] = _server.url  # type: ignore[attr-defined]
    if _objects:
        node.workerinput["s3"] = _objects.settings()  # type: ignore[attr-defined]


def pytest_unconfigure() -> None:
    """Take away what the run made."""
    for engine in (_server, _objects):
        if engine:
            engine.stop()
    if _folder:
        shutil.rmtree(_folder, ignore_errors=True)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Run only what the chosen database, and the chosen store, can change the outcome of."""
    kept = items
    if config.getoption("--engine") == "postgresql":
        kept = [item for item in kept if _DATABASE_FIXTURES & set(getattr(item, "fixturenames", ()))]
    if config.getoption("--store") == "s3":
        kept = [item for item in kept if _goes_to_the_store(item)]
    if kept is not items:
        chosen = set(kept)
        config.hook.pytest_deselected(items=[item for item in items if item not in chosen])
        items[:] = kept


def _goes_to_the_store(item: pytest.Item) -> bool:
    """Whether a store can change a test's outcome; of the official clients, the newest is enough."""
    if item.get_closest_marker("embedded_store"):
        return False
    contracts = item.config.rootpath / "tests" / "contract"
    if item.path.is_relative_to(contracts / "sdk"):
        from tests.contract.sdk.environments import VERSIONS

        is_older = any(f"[{version}" in item.name for version in VERSIONS[1:])
        return item.config.getoption("--engine") == "postgresql" and not is_older
    tests = item.config.rootpath / "tests"
    # From the browser, too, bytes go straight to the store: past the policy of our page and the rules of the bucket.
    rooms = (
        contracts / "collective",
        tests / "server" / "submissions",
        tests / "browser" / "test_publishing.py",
    )
    return any(item.path.is_relative_to(folder) for folder in rooms)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    """Let no test begin so late in the day that its quotas, which are a day's, would be whole again before its end."""
    left = _DAY_SECONDS - time.time() % _DAY_SECONDS
    if left < _LONGEST_TEST_SECONDS:
        time.sleep(left)


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Leave a line for each test that was skipped, for the end of `make test`."""
    skipped = terminalreporter.stats.get("skipped", [])
    if (path := os.environ.get("TESTS_SKIPPED")) and skipped:
        run = f"{config.getoption('--engine')}, {config.getoption('--store')}"
        with Path(path).open("a") as file:
            file.writelines(f"{report.nodeid} ({run}): {report.longrepr[2]}\n" for report in skipped)


@pytest.fixture(scope="session")
def database() -> None:
    """The site's database, migrated, for this process."""
    from commonhold.server.config.prepare import prepare

    prepare()


@pytest.fixture(scope="session")
def site(database: None) -> Iterator[Site]:
    """A running site, as `commonhold serve` starts it."""
    with start_site() as running:
        yield running


@pytest.fixture
def make(database: None, tmp_path: Path) -> Maker:
    """Make organizations, people and datasets for this test alone, through a collection file."""
    return Maker(tmp_path / "collection")
