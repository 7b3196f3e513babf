"""`serve` and `admin` from outside: what they do, and the one line they say when they cannot."""

import json
import os
import socket
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.collection import Maker
from tests.support.ports import free_pair
from tests.support.publishing import until
from tests.support.site import Site, unique


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "commonhold", *arguments],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def run_json(*arguments: str) -> dict:
    done = run(*arguments, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def one_line(done: subprocess.CompletedProcess[str]) -> str:
    lines = done.stderr.strip().splitlines()
    assert done.returncode == 2, done
    assert len(lines) <= 2, done.stderr
    assert "Traceback" not in done.stderr
    return lines[0]


def test_a_port_in_use_is_one_line(tmp_path: Path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        bind = f"127.0.0.1:{taken.getsockname()[1]}"
        line = one_line(run("serve", "--data", str(tmp_path), "--bind", bind))
    assert f"cannot listen on {bind}" in line


@pytest.mark.parametrize(
    ("environment", "told"),
    [
        ({"COMMONHOLD_WORKERS": "2"}, "COMMONHOLD_VALKEY_URL"),
        ({"COMMONHOLD_OIDC_ISSUER": "https://id.example.org"}, "COMMONHOLD_OIDC_CLIENT_ID"),
        ({"COMMONHOLD_WORKERS": "many"}, "COMMONHOLD_WORKERS: takes a whole number"),
        ({"COMMONHOLD_OPEN_CATALOG": "true"}, "there is no such setting"),
        ({"COMMONHOLD_DATABASE_URL": "mysql://x"}, "COMMONHOLD_DATABASE_URL"),
        ({"COMMONHOLD_DATABASE_URL": "postgresql://127.0.0.1:1/none"}, "database cannot be used"),
        ({"COMMONHOLD_REQUEST_LIMIT": "lots"}, "takes a rate such as 1000/minute"),
    ],
)
def test_a_setting_that_cannot_be_meant_is_one_line(tmp_path: Path, environment: dict[str, str], told: str):
    bind = f"127.0.0.1:{free_pair()}"
    assert told in one_line(run("serve", "--data", str(tmp_path), "--bind", bind, **environment))


@pytest.mark.parametrize("secret", ["", "a secret of this test's own, long enough to sign with"])
def test_a_data_folder_is_made_or_said_to_be_impossible(tmp_path: Path, secret: str):
    collection = tmp_path / "collection.yaml"
    collection.write_text("organizations:\n  - slug: lab\n    name: Lab\n")
    settings = {"COMMONHOLD_SECRET_KEY": secret, "COMMONHOLD_DATABASE_URL": ""}
    data = tmp_path / "not" / "there"
    done = run("admin", "load", str(collection), "--data", str(data), **settings)
    assert done.returncode == 0, done.stderr
    assert "lab" in run("admin", "organization", "list", "--data", str(data), **settings).stdout
    assert (data / "secret-key").exists() is not bool(secret)
    below_a_file = str(collection / "data")
    for command in (("admin", "load", str(collection)), ("serve", "--bind", f"127.0.0.1:{free_pair()}")):
        told = one_line(run(*command, "--data", below_a_file, **settings))
        assert f"COMMONHOLD_DATA: {below_a_file} cannot be used" in told


def test_data_of_a_newer_version_is_left_alone(tmp_path: Path):
    database = tmp_path / "commonhold.sqlite3"
    settings = {"COMMONHOLD_DATA": str(tmp_path), "COMMONHOLD_DATABASE_URL": ""}
    assert run("admin", "user", "list", **settings).returncode == 0
    with sqlite3.connect(database) as connection:
        connection.execute(
            "INSERT INTO django_migrations (app, name, applied) VALUES ('catalogue', '9999_from_the_future', '2099-01-01')"
        )
    for command in (("serve", "--bind", f"127.0.0.1:{free_pair()}"), ("admin", "user", "list")):
        assert "newer version of Commonhold" in one_line(run(*command, **settings))


def test_people_organizations_and_keys(site: Site, make: Maker):
    email, slug = f"{unique('ada')}@example.org", unique("lab")
    made = subprocess.run(
        [sys.executable, "-m", "commonhold", "admin", "user", "create", email, "--name", "Ada", "--password-stdin"],
        input="correct horse battery\n", text=True, capture_output=True, timeout=120, check=False,
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    assert run_json("admin", "organization", "create", slug, "--name", "The Lab")["slug"] == slug
    refused = run("admin", "key", "create", "--user", email, "--organization", slug)
    assert "is no member" in one_line(refused)
    run_json("admin", "organization", "member", slug, email, "--role", "publisher")
    key = run_json("admin", "key", "create", "--user", email, "--organization", slug, "--name", "laptop")[
        "key"
    ]
    account = site.get("/api/account", key=key).json()
    assert account["organization"] == {"name": "The Lab", "slug": slug}
    listed = run_json("admin", "key", "list", "--user", email)["keys"]
    assert [one["name"] for one in listed] == ["laptop"]
    assert key not in json.dumps(listed)
    run_json("admin", "key", "revoke", listed[0]["prefix"])
    assert site.get("/api/account", key=key).status_code == 401


def test_limits_are_set_shown_and_reset(site: Site, make: Maker):
    organization = make.organization()
    email, key = make.person(organization)
    dataset = make.dataset(organization, agreed_by=[email])
    make.load()
    run_json("admin", "organization", "set", organization, "--daily-download-limit", "1")
    statuses = [site.post(f"/api/datasets/{dataset}/download", key=key).status_code for _ in range(2)]
    assert statuses == [200, 429]
    shown = run_json("admin", "quota", "show", organization)
    assert shown["downloads"] == {"used": 1, "limit": 1}
    run_json("admin", "quota", "reset", organization)
    assert site.post(f"/api/datasets/{dataset}/download", key=key).status_code == 200
    run_json("admin", "organization", "set", organization, "--daily-download-limit", "none")
    assert site.post(f"/api/datasets/{dataset}/download", key=key).status_code == 200
    assert "takes a whole number" in one_line(
        run("admin", "organization", "set", organization, "--daily-download-limit", "-3")
    )


def test_a_mistake_in_a_collection_file_is_told_at_its_line(tmp_path: Path, site: Site):
    path = tmp_path / "mistaken.yaml"
    slug = unique("never")
    path.write_text(
        f"organizations:\n  - slug: {slug}\n    name: Never\n    colour: blue\ndatasets:\n  - slug: x\n"
    )
    done = run("admin", "load", str(path))
    assert done.returncode == 2
    assert "mistaken.yaml:4: organizations[0].colour" in done.stderr
    assert "Nothing was loaded" in done.stderr
    assert slug not in json.dumps(run_json("admin", "organization", "list"))


def test_nobody_and_nothing_are_told_kindly(site: Site):
    for command in (
        ("admin", "quota", "show", "no-such-organization"),
        ("admin", "user", "deactivate", "nobody@example.org"),
        ("admin", "key", "revoke", "no-such-key"),
    ):
        done = run(*command)
        assert done.returncode == 4
        assert "Traceback" not in done.stderr


def test_check_tells_what_is_fine_and_what_is_not(site: Site):
    findings = run_json("admin", "check")["findings"]
    assert {"database", "storage", "disk"} <= {finding["about"] for finding in findings}
    fault = run(
        "admin", "check", "--json",
        COMMONHOLD_BASE_URL="https://data.example.org", COMMONHOLD_STORAGE_PUBLIC_URL="",
    )  # fmt: skip
    assert fault.returncode == 2
    assert "COMMONHOLD_STORAGE_PUBLIC_URL" in fault.stdout


def test_open_catalogue_is_switched_and_seen(site: Site, make: Maker):
    organization = make.organization()
    dataset = make.dataset(organization)
    private = make.dataset(organization, visibility="private")
    make.load()
    assert site.get(f"/api/datasets/{dataset}").status_code == 401
    try:
        assert run_json("admin", "site", "--open-catalogue", "on")["openCatalogue"] is True
        until(lambda: site.get(f"/api/datasets/{dataset}").status_code == 200)
        assert site.get("/api/datasets").status_code == 200
        assert site.get("/api/datasets/filters").status_code == 200
        # Where strangers may read, what they may not know of is not there.
        assert site.get(f"/api/datasets/{private}").status_code == 404
        assert site.get(f"/api/datasets/{dataset}", key="chk_wrong").status_code == 401
        assert site.post(f"/api/datasets/{dataset}/download").status_code == 401
    finally:
        run_json("admin", "site", "--open-catalogue", "default")
        until(lambda: site.get(f"/api/datasets/{dataset}").status_code == 401)
