"""A collection file without mistakes, key by key, and the difference between null and nothing."""

import datetime as dt
from decimal import Decimal

import pytest

from commonhold.server.collection.checks import missing_for_new
from commonhold.server.collection.dataset import Price, Version
from commonhold.server.collection.record import UNSET, with_defaults
from commonhold.server.config import environment
from commonhold.server.credentials.keys import new_key

MOMENT = dt.datetime(2025, 8, 26, 12, tzinfo=dt.UTC)


def whole(key: str) -> str:
    return f"""
    site: {{read_only: false, notice: null, open_catalogue: false}}
    organizations:
      - slug: mozilla
        name: {{en-US: Mozilla}}            # a plain string is allowed for any translated field
        description: We keep it open.
        website: https://example.org/mozilla
        can_publish: true
        daily_download_limit: 30
        daily_bandwidth_limit: null
        request_limit: 1000/minute
        platform_fee_rate: 0.05
    users:
      - email: Owner@Example.org
        password: correct horse battery
        name: Example Owner
        locale: en-us
        roles: [reviewer]
        memberships: {{mozilla: owner}}
        api_keys:
          - {{name: laptop, organization: mozilla, key: {key}, scopes: [read, download], expires: null}}
        jwt: [{{issuer: "user:12345:67", secret: {"0123456789abcdef" * 4}}}]
    datasets:
      - id: cm0examplecc0000000000000
        slug: greetings-in-fifty-languages
        organization: mozilla
        visibility: restricted
        status: published
        default_locale: fr
        name: {{en-US: Greetings, fr: " Salutations "}}
        short_description: Bonjour
        long_description: |
          Un.

          Deux.
        locale: mul
        task: NLP
        format: TSV
        license: Ours-1.0
        license_name: Our Own License
        license_url: https://example.org/license
        restrictions: {{fr: Rien, de: null}}
        forbidden_usage: null
        created: 2025-08-26T14:00:00+02:00
        terms: {{fr: "Soyez gentils."}}
        agreed_by: [owner@example.org]
        approved_requesters: []
        auto_approve_access_requests: true
        file: data/a.tar.gz
        sample: data/b.tgz
        schema: data/schema.yaml
        price: {{base_price_cents: 10000, platform_fee_rate: "0.1"}}
        contact: {{name: Somebody, email: somebody@example.org}}
        submission: {{id: cm0examplesub000000000000, status: approved}}
    """


def test_every_key_is_read(read, folder):
    key = new_key()
    collection = read(whole(key))

    assert collection.path == folder / "c.yaml"
    assert collection.unresolved == ()
    assert (collection.site.read_only, collection.site.notice, collection.site.open_catalogue) == (
        False,
        {},
        False,
    )
    (organization,) = collection.organizations
    assert organization.slug == "mozilla"
    assert organization.name == {"en-US": "Mozilla"}
    assert organization.description == {"en-US": "We keep it open."}
    assert organization.daily_download_limit == 30
    assert organization.daily_bandwidth_limit is None
    assert organization.request_limit == "1000/minute"
    assert organization.platform_fee_rate == Decimal("0.05")
    (user,) = collection.users
    assert user.email == "owner@example.org"
    assert user.password == "correct horse battery"
    assert user.locale == "en-US"
    assert user.roles == ("reviewer",)
    assert user.memberships == {"mozilla": "owner"}
    assert user.api_keys[0].key == key
    assert user.api_keys[0].scopes == ("read", "download")
    assert user.api_keys[0].expires is None
    assert user.jwt[0].issuer == "user:12345:67"
    (dataset,) = collection.datasets
    assert dataset.default_locale == "fr"
    assert dataset.name == {"en-US": "Greetings", "fr": "Salutations"}
    assert dataset.short_description == {"fr": "Bonjour"}
    assert dataset.long_description == {"fr": "Un.\n\nDeux."}
    assert dataset.restrictions == {"fr": "Rien"}
    assert dataset.forbidden_usage == {}
    assert dataset.additional_conditions is UNSET
    assert dataset.created == MOMENT
    assert dataset.created.tzinfo is dt.UTC
    assert dataset.file == folder / "data/a.tar.gz"
    assert dataset.archives == (Version(file=folder / "data/a.tar.gz", created=MOMENT),)
    assert dataset.price == Price(base_price_cents=10_000, platform_fee_rate=Decimal("0.1"))
    assert (dataset.contact.email, dataset.contact.show) == ("somebody@example.org", False)
    assert dataset.submission.status == "approved"
    assert missing_for_new(dataset) == missing_for_new(user) == missing_for_new(organization) == []


def test_secrets_do_not_stand_in_a_representation(read):
    key = new_key()
    text = repr(read(whole(key)))
    assert "laptop" in text
    assert key not in text
    assert "correct horse" not in text
    assert "0123456789abcdef" not in text


def test_what_is_not_mentioned_is_unset_and_null_is_not(read):
    collection = read("""
        organizations: [{slug: a, request_limit: null}, {slug: b}]
        datasets: [{slug: d, sample: null, terms: null}, {slug: e}]
    """)
    first, second = collection.organizations
    assert first.request_limit is None
    assert second.request_limit is UNSET
    assert not UNSET
    given, silent = collection.datasets
    assert given.sample is None
    assert given.terms == {}
    assert silent.sample is UNSET
    assert silent.terms is UNSET
    assert silent.archives == ()
    assert collection.site.read_only is UNSET
    assert collection.users == ()


def test_defaults_for_a_new_entry_are_its_own(read):
    first, second = read("organizations: [{slug: a}, {slug: b, can_publish: true}]").organizations
    made, other = with_defaults(first), with_defaults(second)
    assert (made.can_publish, made.website, made.description) == (False, None, {})
    assert made.daily_download_limit is UNSET  # the site's setting decides
    assert other.can_publish is True
    made.description["en-US"] = "changed"
    assert other.description == {}


def test_what_a_new_entry_lacks_is_told_with_its_line(read):
    collection = read("""
        organizations:
          - slug: a
        users:
          - email: a@example.org
          - {email: b@example.org, password: null}
        datasets:
          - slug: gone
            status: removed
            name: Gone
            organization: a
          - slug: here
    """)
    assert [mistake.line for mistake in missing_for_new(collection.organizations[0])] == [2]
    (mistake,) = missing_for_new(collection.users[0])
    assert (mistake.line, mistake.place) == (4, "users[0]")
    assert "password" in mistake.text
    assert missing_for_new(collection.users[1]) == []
    assert missing_for_new(collection.datasets[0]) == []
    texts = " ".join(mistake.text for mistake in missing_for_new(collection.datasets[1]))
    assert all(word in texts for word in ("organization", "name", "file"))


def test_names_of_other_places_are_left_to_the_database(read):
    collection = read("""
        organizations: [{slug: here}]
        users:
          - email: a@example.org
            memberships:
              here: owner
              elsewhere: member
            api_keys:
              - name: k
                organization: third
              - {name: l, organization: here}
              - {name: own}
        datasets:
          - slug: d
            organization: fourth
            agreed_by:
              - a@example.org
              - Stranger@example.org
            approved_requesters: [other@example.org]
    """)
    found = [(reference.kind, reference.name, reference.person) for reference in collection.unresolved]
    assert found == [
        ("organization", "elsewhere", ""),
        ("membership", "third", "a@example.org"),
        ("organization", "fourth", ""),
        ("user", "stranger@example.org", ""),
        ("user", "other@example.org", ""),
    ]
    lines = [(reference.mistake.line, reference.mistake.place) for reference in collection.unresolved]
    assert lines == [
        (4, "users[0].memberships.elsewhere"),
        (9, "users[0].api_keys[0].organization"),
        (14, "datasets[0].organization"),
        (15, "datasets[0].agreed_by[1]"),
        (18, "datasets[0].approved_requesters[0]"),
    ]


def test_plain_words_stay_text(read):
    collection = read("""
        users: [{email: a@example.org, password: 0123, name: no}]
        datasets: [{slug: '2025', name: 1.0, format: on}]
    """)
    assert (collection.users[0].password, collection.users[0].name) == ("0123", "no")
    assert collection.datasets[0].slug == "2025"
    assert collection.datasets[0].name == {"en-US": "1.0"}
    assert collection.datasets[0].format == "on"


def test_versions_stand_for_themselves(read, folder):
    (dataset,) = read("""
        datasets:
          - slug: d
            versions:
              - {file: data/a.tar.gz, created: 2025-01-01T00:00:00Z}
              - {file: data/c.zip, notes: {fr: Mieux}}
    """).datasets
    assert [version.file.name for version in dataset.archives] == ["a.tar.gz", "c.zip"]
    assert dataset.archives[1].notes == {"fr": "Mieux"}


def test_paths_may_lead_anywhere_the_operator_says(read, folder):
    (folder / "link.zip").symlink_to(folder / "data/c.zip")
    outside = folder.parent / f"{folder.name}-outside.zip"
    outside.write_bytes(b"content")
    collection = read(f"""
        datasets:
          - {{slug: a, file: link.zip}}
          - {{slug: b, file: ../{outside.name}}}
          - {{slug: c, file: {outside}}}
          - {{slug: d, file: data/../data/c.zip}}
    """)
    assert [dataset.file.stat().st_size for dataset in collection.datasets] == [7, 7, 7, 7]


@pytest.mark.parametrize("text", ["{}", "site:\n", "datasets:\nusers: []\n", "--- {}\n", "﻿{}", "datasets: ~"])
def test_little_is_enough(read, text):
    collection = read(text if text != "site:\n" else "site: {}\n")
    assert collection.datasets == ()


def test_a_rate_is_what_the_setting_takes(read):
    for rate in ("1/second", "1000/minute", "999999999/day", "5/hour"):
        assert (
            read(f"organizations: [{{slug: a, request_limit: {rate}}}]").organizations[0].request_limit
            == rate
        )
        settings = environment.read({"COMMONHOLD_REQUEST_LIMIT": rate, "COMMONHOLD_SECRET_KEY": "x"})
        assert settings.request_limit == rate


def test_windows_line_ends(read):
    collection = read(b"organizations:\r\n  - slug: a\r\n    name: A\r\n")
    assert collection.organizations[0].name == {"en-US": "A"}
    assert collection.organizations[0].source.lines == {"slug": 2, "name": 3}
