"""Every kind of mistake, with the line and the key it is reported at."""

import pytest

from commonhold.server.collection.file import read_collection
from commonhold.server.collection.mistakes import CollectionError
from commonhold.server.credentials.keys import new_key

D = "datasets:\n  - slug: d\n    "
G = "organizations:\n  - slug: o\n    "
U = "users:\n  - email: a@example.org\n    "
K = "users:\n  - email: a@example.org\n    api_keys:\n      - name: k\n        "
J = "users:\n  - email: a@example.org\n    jwt:\n      - {issuer: a, "


PLACES = {
    "d": "datasets[0]",
    "o": "organizations[0]",
    "u": "users[0]",
    "k": "users[0].api_keys[0]",
    "j": "users[0].jwt[0]",
}


@pytest.mark.parametrize(
    ("text", "line", "place", "words"),
    [
        # Keys.
        ("site: {}\ndatsets: []", 2, "datsets", "no such key. Did you mean datasets?"),
        (D + "visability: public", 3, "d.visability", "Did you mean visibility?"),
        (D + "zzz: public", 3, "d.zzz", "there is no such key."),
        (D + "contact: {name: x, email: a@example.org, shwo: true}", 3, "d.contact.shwo", "mean show?"),
        (D + "contact: {name: x}", 3, "d.contact", "lacks the key email"),
        ("organizations:\n  - name: x", 2, "o", "lacks the key slug"),
        ("datasets:\n  - name: x", 2, "d", "lacks the key id or slug"),
        (K.replace("name: k", "expires: null"), 4, "k", "lacks the key name"),
        ("datasets:\n  - slug: d\n    name: x\n    slug: e", 4, "", '"slug" stands twice (first in line 2)'),
        # Shapes.
        ("- a\n- b", 1, "", "takes a mapping with the keys site, organizations, users, datasets"),
        ("just a word", 1, "", "takes a mapping"),
        ("datasets: {}", 1, "datasets", "takes a list"),
        ("datasets: [d]", 1, "d", "takes a mapping with the keys id, slug"),
        ("site: []", 1, "site", "takes a mapping"),
        (D + "slug2: [", 3, "", "this is not YAML"),
        (D + "visibility: [public]", 3, "d.visibility", "is a list; it takes one of public"),
        (D + "visibility:", 3, "d.visibility", "is null"),
        (D + "agreed_by: a@example.org", 3, "d.agreed_by", "takes a list"),
        (U + "memberships: [o]", 3, "u.memberships", "takes a mapping from slug"),
        # Words.
        (D + "visibility: secret", 3, "d.visibility", '"secret" is not one of public, restricted, private.'),
        (D + "status: gone", 3, "d.status", "not one of published, removed, withheld"),
        (D + "task: Talk", 3, "d.task", '"Talk" is not one of N/A, NLP'),
        (D + "submission: {id: s, status: lost}", 3, "d.submission.status", "not one of draft"),
        (U + "roles: [king]", 3, "u.roles[0]", "not one of reviewer, operator"),
        (U + "roles: [reviewer, reviewer]", 3, "u.roles[1]", "stands twice"),
        (U + "memberships:\n      o: king", 4, "u.memberships.o", "not one of owner, publisher, member"),
        (U + "memberships:\n      O O: owner", 4, "u.memberships", '"O O" is no slug'),
        (K + "scopes: [read, fly]", 5, "k.scopes[1]", "not one of read, download, publish"),
        # Names.
        ("datasets: [{slug: Upper}]", 1, "d.slug", '"Upper" is no slug'),
        ("datasets: [{slug: -a}]", 1, "d.slug", "is no slug"),
        ("datasets: [{slug: a/b}]", 1, "d.slug", "is no slug"),
        ("datasets: [{slug: search}]", 1, "d.slug", "reserved"),
        ("datasets: [{id: filters}]", 1, "d.id", "reserved"),
        (f"datasets: [{{slug: {'a' * 101}}}]", 1, "d.slug", "is no slug"),
        ("datasets: [{id: ../x}]", 1, "d.id", "is no id"),
        ("users: [{email: nobody}]", 1, "u.email", '"nobody" is no e-mail address'),
        ("users: [{email: a@b@example.org}]", 1, "u.email", "is no e-mail address"),
        ("users: [{email: a@example..org}]", 1, "u.email", "is no e-mail address"),
        ('users: [{email: "a@example.org\\n"}]', 1, "u.email", "is no e-mail address"),
        (f"users: [{{email: {'a' * 65}@example.org}}]", 1, "u.email", "is no e-mail address"),
        (U + "locale: xx", 3, "u.locale", '"xx" is no language of this site.'),
        (U + "locale: en", 3, "u.locale", "Did you mean en-US?"),
        (D + "locale: en_US", 3, "d.locale", "is no language tag"),
        (D + "default_locale: pt", 3, "d.default_locale", "Did you mean pt-PT?"),
        # Names given twice.
        (G + "can_publish: true\n  - slug: o", 4, "organizations[1].slug", "by organizations[0].slug"),
        (U + "name: A\n  - email: A@example.ORG", 4, "users[1].email", "is taken"),
        ("datasets:\n  - slug: d\n  - slug: d", 3, "datasets[1].slug", "taken by datasets[0].slug"),
        ("datasets:\n  - {id: d, slug: e}\n  - slug: d", 3, "datasets[1].slug", "taken by datasets[0].id"),
        (K + "expires: null\n      - name: k", 6, "u.api_keys[1].name", '"k" is taken'),
        # Texts.
        (D + "name: ''", 3, "d.name", "is empty"),
        (D + "name: {fr: Salut}", 3, "d.name", "no text in en-US, the default locale"),
        (D + "name: null", 3, "d.name", "no text in en-US"),
        (D + "name: {en: Hi}", 3, "d.name", '"en" is no language of this site. Did you mean en-US?'),
        (D + "name: {en-US: Hi, en-us: Ho}", 3, "d.name.en-us", "stands twice"),
        (D + "name: {en-US: [Hi]}", 3, "d.name.en-US", "is a list"),
        (D + "name: [Hi]", 3, "d.name", "is a list; it takes text, or a mapping from locale"),
        (D + f"name: {'x' * 256}", 3, "d.name", "has 256 characters; 255 are allowed"),
        (D + f"short_description: {'x' * 161}", 3, "d.short_description", "160 are allowed"),
        (D + f"long_description: {{fr: {'x' * 7501}}}", 3, "d.long_description.fr", "7500 are allowed"),
        (D + f"format: {'x' * 51}", 3, "d.format", "50 are allowed"),
        (D + f"license: {'x' * 26}", 3, "d.license", "25 are allowed"),
        (D + 'name: "a\\nb"', 3, "d.name", "line break"),
        (D + 'name: "a\\0b"', 3, "d.name", "control character"),
        (D + 'long_description: "a\\ud800b"', 3, "d.long_description", "control character"),
        (U + "password: ''", 3, "u.password", "is empty"),
        # Numbers, moments, addresses.
        ("site: {read_only: yes}", 1, "site.read_only", '"yes" is neither true nor false'),
        (G + "daily_download_limit: 0", 3, "o.daily_download_limit", "is not within 1"),
        (G + "daily_download_limit: -3", 3, "o.daily_download_limit", "is not within 1"),
        (G + "daily_download_limit: many", 3, "o.daily_download_limit", "no whole number"),
        (G + f"daily_bandwidth_limit: {'9' * 5000}", 3, "o.daily_bandwidth_limit", "no whole number"),
        (G + "request_limit: 5/week", 3, "o.request_limit", "no rate such as"),
        (G + "request_limit: 0/day", 3, "o.request_limit", "no rate such as"),
        (G + "platform_fee_rate: 1.5", 3, "o.platform_fee_rate", "no fraction"),
        (G + "website: javascript:alert(1)", 3, "o.website", "no address"),
        (G + "website: 'https://[x'", 3, "o.website", "no address"),
        (G + "website: https:///path", 3, "o.website", "no address"),
        (D + "price: {base_price_cents: 9999}", 3, "d.price.base_price_cents", "not within 10000 and"),
        (D + "price: {base_price_cents: 10000, currency: eur}", 3, "d.price.currency", "not one of usd"),
        (D + "created: 2025-08-26", 3, "d.created", "no moment with its offset"),
        (D + "created: 2025-08-26T12:00:00", 3, "d.created", "no moment with its offset"),
        (D + "created: 2025-02-30T12:00:00Z", 3, "d.created", "no moment"),
        (D + "created: 0001-01-01T00:00:00+14:00", 3, "d.created", "no moment"),
        (D + "created: 1950-01-01T00:00:00Z", 3, "d.created", "before 1970"),
        (K + "expires: tomorrow", 5, "k.expires", "no moment"),
        # Credentials.
        (K + "key: chk_123", 5, "k.key", "is no API key"),
        (J + f"secret: {'g' * 64}}}", 4, "j.secret", "no secret of 64 hexadecimal"),
        (J + f"secret: {'a' * 63}}}", 4, "j.secret", "no secret of 64 hexadecimal"),
        (J.replace("issuer: a", "issuer: a b") + f"secret: {'a' * 64}}}", 4, "j.issuer", "no issuer"),
        # Files.
        (D + "file: data/missing.zip", 3, "d.file", "cannot be read: No such file"),
        (D + "file: data/folder.zip", 3, "d.file", "is no regular file"),
        (D + "file: data/empty.zip", 3, "d.file", "is empty"),
        (D + "file: data/notes.txt", 3, "d.file", "no name ending in .tar.gz, .tgz, .zip"),
        (D + "file: data/.zip", 3, "d.file", "no name ending in"),
        (D + "file: data/.a.zip", 3, "d.file", "no plain file name"),
        (D + "file: 'data/b\\a.zip'", 3, "d.file", "no plain file name"),
        (D + "file: null", 3, "d.file", "is null"),
        (D + f"file: {'x' * 300}.zip", 3, "d.file", "no plain file name"),
        (D + f"file: {'x/' * 2100}a.zip", 3, "d.file", "4096 are allowed"),
        (D + "schema: data/a.tar.gz", 3, "d.schema", "no name ending in .yaml"),
        # Keys at odds.
        (D + "file: data/c.zip\n    versions: [{file: data/c.zip}]", 4, "d.versions", "stands beside file"),
        (D + "versions: []", 3, "d.versions", "is an empty list"),
        (D + "status: published\n    removed_reason: why", 4, "d.removed_reason", "but the status is"),
        (
            D + "visibility: public\n    auto_approve_access_requests: true",
            4, "d.auto_approve_access_requests", "is for restricted datasets",
        ),
        (
            D + "versions:\n      - {file: data/c.zip, created: 2025-02-01T00:00:00Z}\n"
            "      - {file: data/c.zip}\n      - {file: data/c.zip, created: 2025-01-01T00:00:00Z}",
            3, "datasets[0].versions[2].created", "not later than the version before",
        ),
    ],
)  # fmt: skip
def test_a_mistake_is_told_at_its_line_and_key(mistakes, text, line, place, words):
    told = mistakes(text)
    entry, dot, key = place.partition(".")
    place = PLACES.get(entry, entry) + dot + key
    beginning = f"c.yaml:{line}: {place}: " if place else f"c.yaml:{line}: "
    assert len(told) == 1, told
    assert told[0].startswith(beginning)
    assert words in told[0]


def test_all_mistakes_are_told_at_once_in_the_order_of_the_lines(mistakes):
    told = mistakes("""
        organizations:
          - slug: o
            request_limit: fast
            nmae: x
          - slug: o
        users:
          - email: nobody
            roles: [king, reviewer, queen]
        datasets:
          - slug: d
            visibility: secret
            name: {en: x, xx: y}
          - slug: e
          - slug: e
    """)
    assert [int(line.split(":")[1]) for line in told] == [3, 4, 5, 7, 8, 8, 11, 12, 12, 14]


def test_secrets_are_never_told(mistakes):
    key = new_key()
    told = "\n".join(
        mistakes(f"""
        users:
          - email: a@example.org
            password: "hunter2\\0"
            api_keys: [{{name: a, key: {key}}}, {{name: b, key: {key}}}, {{name: c, key: {key}x}}]
            jwt: [{{issuer: i, secret: deadbeef}}]
          - email: b@example.org
            api_keys: [{{name: a, key: {key}}}, {{name: b, key: {key}}}]
    """)
    )
    assert "hunter2" not in told
    assert "deadbeef" not in told
    assert key[4:] not in told
    assert "users[1].api_keys[1].key: this value is taken by users[0].api_keys[0].key in line 4." in told


def test_a_long_or_strange_value_is_cut_and_made_printable(mistakes):
    (told,) = mistakes(f'datasets: [{{slug: d, visibility: "\\e[31m{"x" * 900}"}}]')
    assert "\x1b" not in told
    assert len(told) < 200


def test_no_more_than_a_hundred_mistakes_are_written_out(mistakes):
    told = mistakes("datasets:\n" + "  - {slug: A}\n" * 250)
    assert len(told) == 101
    assert told[-1] == "c.yaml: … and 150 more."


def test_a_missing_file_is_a_collection_error(tmp_path):
    with pytest.raises(CollectionError, match=r"nowhere\.yaml:1: the file cannot be read: No such file"):
        read_collection(tmp_path / "nowhere.yaml")
    with pytest.raises(CollectionError, match="cannot be read"):
        read_collection(tmp_path)
    with pytest.raises(CollectionError, match="cannot be read"):
        read_collection(tmp_path / "null\0.yaml")
