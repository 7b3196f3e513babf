"""The hot reads ask the database little, and the same however much there is to answer."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.support.collection import Maker

_TRANSACTION_CONTROL = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE")


@pytest.fixture
def reader(make: Maker) -> tuple[Client, str, str]:
    organization = make.organization(daily_download_limit=None)
    email, key = make.person(organization)
    dataset = make.dataset(organization, agreed_by=[email])
    for _ in range(3):
        make.dataset(organization)
    make.load()
    return Client(SERVER_NAME="localhost"), key, dataset


def statements(
    client: Client, method: str, path: str, key: str, status: int = 200, **headers: str
) -> list[str]:
    with CaptureQueriesContext(connection) as captured:
        response = client.generic(method, path, headers={"Authorization": f"Bearer {key}", **headers})
    assert response.status_code == status, response.content
    found = [query["sql"] for query in captured.captured_queries]
    # The site's switches are looked at once a second: whether that falls into a request is chance.
    return [
        sql for sql in found if not sql.startswith(_TRANSACTION_CONTROL) and "FROM site_sitestate" not in sql
    ]


@pytest.mark.parametrize(
    ("method", "path", "most"),
    [
        ("GET", "/api/datasets/{dataset}", 2),
        ("GET", "/api/datasets/{dataset}?version=1", 2),
        ("GET", "/api/datasets", 3),
        ("GET", "/api/datasets?q={dataset}&task=NLP&sort=size&sample=&pricing=free", 3),
        ("POST", "/api/datasets/{dataset}/download", 5),
        ("GET", "/api/datasets/{dataset}/pieces", 3),
        ("GET", "/api/datasets/filters", 4),
        ("GET", "/api/account", 3),
        ("GET", "/api/health", 0),
    ],
)
def test_hot_reads_make_few_statements(reader: tuple[Client, str, str], method: str, path: str, most: int):
    client, key, dataset = reader
    found = statements(client, method, path.format(dataset=dataset), key)
    assert len(found) <= most, found


def test_a_key_for_the_session_costs_one_statement_at_most(reader: tuple[Client, str, str]):
    client, key, dataset = reader
    path, asked = f"/api/datasets/{dataset}/download", {"Idempotency-Key": "k" * 32}
    usual = len(statements(client, "POST", path, key))
    assert len(statements(client, "POST", path, key, **asked)) <= usual + 1
    assert len(statements(client, "POST", path, key, **asked)) < usual


def test_a_misspelled_key_never_reaches_the_database(reader: tuple[Client, str, str]):
    client, key, dataset = reader
    typo = key[:-1] + ("A" if key[-1] != "A" else "B")
    assert statements(client, "GET", f"/api/datasets/{dataset}", typo, 401) == []


def test_the_number_of_datasets_on_a_page_changes_nothing(reader: tuple[Client, str, str]):
    client, key, _ = reader
    assert len(statements(client, "GET", "/api/datasets?limit=1", key)) == len(
        statements(client, "GET", "/api/datasets?limit=100", key)
    )
