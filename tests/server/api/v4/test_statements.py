"""How many statements a read takes: few, and no more with more datasets."""

import httpx
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from commonhold.server.site.queries import switches
from tests.contract.v4.conftest import World, steady  # noqa: F401  the fixture


@pytest.mark.parametrize(
    ("path", "most"),
    [
        ("datasets/{dataset}/", 3), ("datasets/{dataset}/?lang=fr", 3), ("datasets/", 4), ("datasets/?page_size=50", 4),
        ("datasets/search/?q=games", 4), ("datasets/search/", 4), ("datasets/search/?q=games&task=NLP&sort=downloads", 4),
        ("datasets/autocomplete/?q=gam", 2), ("organizations/", 3), ("organizations/{organization}/", 2), ("site/", 0),
        ("tasks/", 1),
    ],
)  # fmt: skip
@pytest.mark.parametrize("credential", ["key", "jwt", "none"])
def test_few_statements(steady: World, path: str, most: int, credential: str) -> None:  # noqa: F811  the fixture above
    auth = {"key": f"Bearer {steady.owner_key}", "jwt": steady.jwt(), "none": ""}[credential]
    from commonhold.server.config.wsgi import application

    address = f"/api/v4/{path.format(dataset=steady.dataset, organization=steady.organization)}"
    switches()
    transport = httpx.WSGITransport(app=application)
    # A request closes what failed before it and opens no transaction; the session is this thread's own.
    with (
        httpx.Client(transport=transport, base_url="http://localhost") as client,
        CaptureQueriesContext(connection) as seen,
    ):
        answer = client.get(address, headers={"Authorization": auth} if auth else {})
    assert answer.status_code == 200
    statements = [query["sql"] for query in seen if "site_sitestate" not in query["sql"]]
    assert bool(statements) == bool(most and (most > 1 or auth)) or not most
    assert len(statements) <= most, statements


@pytest.mark.parametrize(("path", "most"), [("submissions/", 3), ("submissions/{submission}/", 2)])
def test_few_statements_for_submissions(steady: World, path: str, most: int) -> None:  # noqa: F811  as above
    from commonhold.server.config.wsgi import application

    listed = steady.get("submissions/", key=steady.owner_key).json()["results"]
    switches()
    with (
        httpx.Client(transport=httpx.WSGITransport(app=application), base_url="http://localhost") as client,
        CaptureQueriesContext(connection) as seen,
    ):
        answer = client.get(
            f"/api/v4/{path.format(submission=listed[0]['id'])}",
            headers={"Authorization": f"Bearer {steady.owner_key}"},
        )
    assert answer.status_code == 200
    statements = [query["sql"] for query in seen if "site_sitestate" not in query["sql"]]
    assert len(statements) <= most, statements
    assert not any("piece_digests" in statement for statement in statements)
