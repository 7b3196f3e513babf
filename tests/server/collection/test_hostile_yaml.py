"""YAML that means harm, or nothing: a CollectionError, never another exception, never a large answer."""

import json

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from commonhold.server.collection import reader
from commonhold.server.collection.document import Collection
from commonhold.server.collection.mistakes import CollectionError

LAUGHS = "a: &a [x]\n" + "".join(
    f"{chr(98 + n)}: &{chr(98 + n)} [*{chr(97 + n)}, *{chr(97 + n)}]\n" for n in range(9)
)


@pytest.mark.parametrize(
    ("content", "line", "words"),
    [
        (b"", 1, "the file is empty"),
        (b" \n\n", 1, "the file is empty"),
        (b"# nothing yet\n", 1, "the file holds nothing"),
        (b"---\n", 1, "the file holds nothing"),
        (b"\xef\xbb\xbf", 1, "the file is empty"),
        (b"site: {}\nusers: \xff\n", 2, "is not UTF-8 from here on"),
        ("site: {}".encode("utf-16"), 1, "is not UTF-8"),
        (b"site:\n\tread_only: true\n", 2, "a tab stands in the indentation"),
        (b"site: {}\nusers: [}\n", 2, "this is not YAML"),
        (b"site: {}\n---\nsite: {}\n", 2, "a second document begins"),
        (b"site: {}\n...\nmore\n", 3, "a second document begins"),
        (LAUGHS.encode(), 1, "anchors (&name) are not taken"),
        (b"a:\n  b: *c\n", 2, "aliases (*name) are not taken"),
        (b"a: 1\n*a : 2\n", 2, "aliases"),
        (b"a:\n  <<: {b: 1}\n", 2, "merge keys"),
        (b"a: !!python/object/apply:os.system [ls]\n", 1, "tags (!name) are not taken"),
        (b"a: !!binary aGVsbG8=\n", 1, "tags"),
        (b"!x a: 1\n", 1, "tags"),
        (b"? [a]\n: 1\n", 1, "a key is a list or a mapping"),
        (b"{a: 1}: 1\n", 1, "a key is a list or a mapping"),
        (b"a: " + b"[" * 100_000, 1, "nested deeper than 12 levels"),
        (b"a: " + b"{b: " * 5_000, 1, "nested deeper than 12 levels"),
        (b"- " * 5_000, 1, "nested deeper than 12 levels"),
        (b"x" * 300 + b": 1\n", 1, "longer than 255 characters"),
        (b"site: {}\na: \"\\UFFFFFFFF\"\n", 2, "this is not YAML"),
        (b"site: {}\na: \x07\n", 2, "a character that YAML does not allow"),
        (b"site: {}\na: \x00\n", 2, "a character that YAML does not allow"),
    ],
)  # fmt: skip
def test_refused_at_a_line(mistakes, content, line, words):
    (told,) = mistakes(content)
    assert told.startswith(f"c.yaml:{line}: ")
    assert words in told
    assert len(told) < 300


def test_a_file_beyond_the_largest_size_is_not_parsed(mistakes, monkeypatch):
    monkeypatch.setattr(reader, "LARGEST_FILE", 1024 * 1024)
    (told,) = mistakes(b"#" * (1024 * 1024 + 1))
    assert "larger than 1 MiB" in told


def test_values_are_counted(mistakes, monkeypatch):
    monkeypatch.setattr(reader, "MOST_NODES", 1_000)
    (told,) = mistakes("datasets: [\n" + "1,\n" * 2_000 + "]")
    assert told.startswith("c.yaml:999: more than 1,000 values")


_NAMES = """site organizations users datasets slug id name email file versions price contact terms agreed_by
created memberships api_keys key jwt null ~ true 1 -1 0.05 a@example.org en-US fr data/c.zip
2025-01-01T00:00:00Z << *a &a !x !!str % @ ` ' \" | > | - ? : , [ ] { } # --- ... %YAML"""
WORDS = st.sampled_from(_NAMES.split())
SPACES = st.sampled_from(["", " ", "\n", "\n  ", "\n    ", "\n  - ", "\t", ": ", ":\n  ", ", ", "\r\n"])
SCRAPS = st.lists(st.tuples(WORDS | st.text(max_size=6), SPACES), max_size=40)
LEAVES = st.none() | st.booleans() | st.integers() | st.text(max_size=20) | WORDS
TREES = st.recursive(
    LEAVES,
    lambda children: (
        st.lists(children, max_size=4) | st.dictionaries(WORDS | st.text(max_size=8), children, max_size=5)
    ),
    max_leaves=25,
)
ONE_FOLDER = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


def answer(read, content: bytes) -> Collection | CollectionError:
    try:
        return read(content)
    except CollectionError as error:
        refusal = error
    assert refusal.mistakes
    assert all(mistake.line >= 1 for mistake in refusal.mistakes)
    assert str(refusal).encode()
    return refusal


@given(scraps=SCRAPS)
@example(scraps=[("%YAML", " 9.9\n--- a")])
@example(scraps=[("%TAG", " ! x\n--- !a b")])
@settings(ONE_FOLDER, max_examples=300)
def test_scraps_of_yaml(read, scraps):
    answer(read, "".join(word + space for word, space in scraps).encode("utf-8", "surrogatepass"))


@given(content=st.binary(max_size=80))
@settings(ONE_FOLDER, max_examples=150)
def test_arbitrary_bytes(read, content):
    answer(read, content)


@given(tree=TREES)
@settings(ONE_FOLDER, max_examples=200)
def test_arbitrary_values_in_sound_yaml(read, tree):
    # JSON is YAML: any tree can be written with it.
    sections = {"site": tree, "organizations": [tree], "users": tree, "datasets": [tree, tree]}
    for content in (tree, sections):
        answer(read, json.dumps(content).encode())


def test_reading_is_linear_enough(read):
    text = "datasets:\n" + "".join(
        f"  - {{slug: d{n}, name: {{en-US: Name {n}, fr: Nom {n}}}, created: 2025-01-01T00:00:00Z}}\n"
        for n in range(2_000)
    )
    assert len(read(text.encode()).datasets) == 2_000
