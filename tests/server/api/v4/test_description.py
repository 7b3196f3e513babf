"""The OpenAPI document: valid, and true to the routes."""

import re

from django.urls import URLPattern, get_resolver
from openapi_spec_validator import OpenAPIV31SpecValidator

from commonhold.server.api.v4.endpoint import Unknown
from commonhold.server.api.v4.urls import urlpatterns
from tests.contract.v4.conftest import World, steady  # noqa: F401  the fixture
from tests.support.site import Site

UNDESCRIBED = {"/openapi.json"}


def routes() -> dict[str, set[str]]:
    """Return the methods of each address, but HEAD and OPTIONS."""
    found = {}
    for pattern in urlpatterns:
        assert isinstance(pattern, URLPattern)
        view = pattern.callback.cls  # type: ignore[attr-defined]
        if view is Unknown:
            continue
        path = "/" + re.sub(r"<\w+:(\w+)>", r"{\1}", str(pattern.pattern))
        methods = {name for name in ("get", "post", "put", "patch", "delete") if hasattr(view, name)}
        found[path] = methods
    return found


def test_the_document_is_valid_openapi_3_1(site: Site) -> None:
    answer = site.get("/api/v4/openapi.json")
    document = answer.json()
    assert document["openapi"].startswith("3.1")
    assert document["servers"] == [{"url": f"{site.url}/api/v4"}]
    OpenAPIV31SpecValidator(document).validate()
    names = [operation["operationId"] for path in document["paths"].values() for operation in path.values()]
    assert len(names) == len(set(names))


def test_every_route_and_method_is_described(site: Site) -> None:
    document = site.get("/api/v4/openapi.json").json()
    described = {path: set(methods) for path, methods in document["paths"].items()}
    assert described == {path: methods for path, methods in routes().items() if path not in UNDESCRIBED}
    assert get_resolver().resolve("/api/v4/site/").route == "api/v4/site/"


def test_answers_are_as_described(steady: World) -> None:  # noqa: F811  the fixture above
    import jsonschema

    document = steady.get("openapi.json").json()
    made = steady.call("POST", "submissions/", key=steady.owner_key, json={"name": "Greetings"}).json()
    submission = made["id"]
    addresses = {
        "/site/": "site/", "/datasets/": "datasets/", "/datasets/search/": "datasets/search/?q=games",
        "/datasets/autocomplete/": "datasets/autocomplete/?q=ga", "/datasets/{dataset}/": f"datasets/{steady.dataset}/",
        "/datasets/{dataset}/versions/": f"datasets/{steady.dataset}/versions/", "/organizations/": "organizations/",
        "/organizations/{slug}/": f"organizations/{steady.organization}/",
        "/organizations/{slug}/members/": f"organizations/{steady.organization}/members/",
        "/submissions/": "submissions/", "/submissions/{submission}/": f"submissions/{submission}/",
        "/accounts/profile/": "accounts/profile/", "/licenses/": "licenses/", "/tasks/": "tasks/", "/languages/": "languages/",
    }  # fmt: skip
    for path, address in addresses.items():
        schema = document["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        for lang in ("", "fr"):
            joint = "&" if "?" in address else "?"
            body = steady.get(f"{address}{joint}lang={lang}", key=steady.owner_key).json()
            jsonschema.validate(body, {**schema, "components": document["components"]})
            if isinstance(body, dict) and "results" not in body:
                named = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
                assert set(body) == set(named["properties"]), path
