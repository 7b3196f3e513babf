"""The OpenAPI document says what the API does."""

import re

import pytest
from django.test import Client
from django.urls import get_resolver
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

from commonhold.server.api.collective import urls
from commonhold.server.api.collective.description import OPERATIONS, describe, examples
from commonhold.server.api.collective.endpoint import Endpoint, UnknownRoute
from tests.support.collection import Maker


@pytest.fixture(scope="module")
def document() -> dict:
    return describe("https://data.example.org/api")


def schema_of(document: dict, operation: str, status: int) -> dict:
    for path in document["paths"].values():
        for described in path.values():
            if described["operationId"] == operation:
                schema = described["responses"][str(status)]["content"]["application/json"]["schema"]
                return {**schema, "components": document["components"]}
    raise AssertionError(operation)


def test_the_document_is_openapi_3_1(document: dict):
    validate(document)
    assert document["openapi"] == "3.1.0"
    assert {"DatasetSummary", "DatasetDetails", "DownloadSession", "Error"} <= set(
        document["components"]["schemas"]
    )


def test_every_route_and_method_is_described():
    described = {
        (re.sub(r"\{\w+\}", "*", operation.path), operation.method.upper()) for operation in OPERATIONS
    }
    served = set()
    for pattern in urls.urlpatterns:
        view = pattern.callback.view_class
        if view is UnknownRoute or str(pattern.pattern) == "openapi.json":
            continue
        assert issubclass(view, Endpoint)
        path = "/" + re.sub(r"<\w+:\w+>", "*", str(pattern.pattern))
        methods = {name.upper() for name in view.http_method_names if hasattr(view, name)} - {
            "HEAD",
            "OPTIONS",
        }
        served |= {(path, method) for method in methods or {"GET"}}
    assert described == served


def test_the_urls_are_part_of_the_site():
    assert get_resolver().resolve("/api/openapi.json").func.view_class.__name__ == "OpenApi"


@pytest.mark.parametrize("name", sorted(examples()))
def test_examples_fit_their_schema(document: dict, name: str):
    operation, status = name.split()
    Draft202012Validator(schema_of(document, operation, int(status))).validate(examples()[name])


def test_examples_have_the_keys_of_todays_answers(make: Maker):
    organization = make.organization()
    email, key = make.person(organization)
    dataset = make.dataset(organization, agreed_by=[email])
    make.load()
    client = Client(SERVER_NAME="localhost", headers={"Authorization": f"Bearer {key}"})
    asked = {
        "getDataset 200": client.get(f"/api/datasets/{dataset}"),
        "listDatasets 200": client.get("/api/datasets?limit=1"),
        "listDatasetFilters 200": client.get("/api/datasets/filters"),
        "createDownloadSession 200": client.post(
            f"/api/datasets/{dataset}/download", content_type="application/json"
        ),
        "getPieces 200": client.get(f"/api/datasets/{dataset}/pieces"),
        "getAccount 200": client.get("/api/account"),
        "getHealth 200": client.get("/api/health"),
    }
    for name, response in asked.items():
        body = response.json()
        assert set(body) - {"submissionId"} == set(examples()[name]) - {"submissionId"}, name
        if "items" in body:
            assert set(body["items"][0]) - {"submissionId"} == set(examples()[name]["items"][0]) - {
                "submissionId"
            }


def test_answers_fit_the_document(document: dict, make: Maker):
    organization = make.organization()
    _, key = make.person(organization)
    dataset = make.dataset(
        organization,
        price={"base_price_cents": 10000, "platform_fee_rate": "0.05"},
        license_name="A licence of our own",
    )
    bare = make.dataset(organization, status="removed", removed_reason="Asked for.")
    make.load()
    client = Client(SERVER_NAME="localhost", headers={"Authorization": f"Bearer {key}"})
    found = client.get(f"/api/datasets/{dataset}").json()
    Draft202012Validator(schema_of(document, "getDataset", 200)).validate(found)
    assert found["pricing"] == {
        "isPaid": True,
        "basePriceCents": 10000,
        "currency": "usd",
        "platformFeeRate": "0.05",
        "platformFeeCents": 500,
        "totalPriceCents": 10500,
    }
    assert found["license"] == "A licence of our own"
    assert found["licenseAbbreviation"] == "CC0-1.0"
    gone = client.get(f"/api/datasets/{bare}")
    assert gone.status_code == 410
    Draft202012Validator(schema_of(document, "getDataset", 410)).validate(gone.json())
    assert "Asked for." in gone.json()["message"]
