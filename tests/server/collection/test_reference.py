"""The reference page says what the code takes: each table is held against the dataclass it describes."""

from pathlib import Path

import pytest

from commonhold.server.collection.checks import missing_for_new
from commonhold.server.collection.composites import MapOf
from commonhold.server.collection.dataset import Contact, Dataset, Price, Submission, Version
from commonhold.server.collection.document import ApiKey, Document, JwtCredential, Organization, Site, User
from commonhold.server.collection.file import read_collection
from commonhold.server.collection.record import UNSET, Key, Need, keys_of

PAGE = (Path(__file__).parents[3] / "docs/reference/collection-file.md").read_text(encoding="utf-8")
KINDS = (
    Document,
    Site,
    Organization,
    User,
    ApiKey,
    JwtCredential,
    Dataset,
    Version,
    Price,
    Contact,
    Submission,
)


def default_of(key: Key) -> str:
    """Write a key's default as the page does."""
    if key.need is not Need.NEVER:
        return {Need.ALWAYS: "needed", Need.NEW: "needed when new"}[key.need]
    if key.decided:
        return key.decided
    if isinstance(key.form, MapOf):
        return "`{}`"
    if key.default is None or key.default == {}:
        return "`null`"
    if isinstance(key.default, bool):
        return f"`{str(key.default).lower()}`"
    if isinstance(key.default, tuple):
        return f"`[{', '.join(key.default)}]`"
    return "nothing" if key.default is UNSET else f"`{key.default}`"


def expected(kind) -> list[str]:
    head = ["| key | value | default | meaning |", "| --- | --- | --- | --- |"]
    rows = (
        f"| `{name}` | {key.form} | {default_of(key)} | {key.about} |" for name, key in keys_of(kind).items()
    )
    return head + list(rows)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_the_table_of_each_kind_is_what_the_code_takes(kind):
    heading = "The file" if kind is Document else kind.__name__
    _, found, rest = PAGE.partition(f"\n## {heading}\n")
    assert found, f"the page has no section {heading}"
    section = rest.split("\n## ")[0]
    table = [line for line in section.splitlines() if line.startswith("|")]
    assert table == expected(kind)


def test_every_kind_has_a_section_and_no_section_is_left_over():
    sections = {line[3:] for line in PAGE.splitlines() if line.startswith("## ")}
    kinds = {kind.__name__ for kind in KINDS if kind is not Document}
    assert sections == kinds | {"The file", "How it is read", "How it is applied"}


def test_the_example_on_the_page_is_a_collection(tmp_path):
    (tmp_path / "data").mkdir()
    for name in ("greetings.tar.gz", "greetings-sample.tar.gz"):
        (tmp_path / "data" / name).write_bytes(b"content")
    example = PAGE.split("```yaml\n")[1].split("```")[0]
    (tmp_path / "collection.yaml").write_text(example, encoding="utf-8")
    collection = read_collection(tmp_path / "collection.yaml")
    assert collection.unresolved == ()
    for record in (*collection.organizations, *collection.users, *collection.datasets):
        assert missing_for_new(record) == []
