"""Every rule of the v4 conventions has a test of its number, or a line that says why it is not taken."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# How many rules each section of the conventions has.
SECTIONS = {1: 19, 2: 13, 3: 20, 4: 13, 5: 20, 6: 27, 7: 9, 8: 3, 9: 6, 10: 8, 11: 4}
# Said of the documents, or to those who write clients: nothing of it can be seen from outside.
NO_BEHAVIOUR = {
    "4.12": "tells clients to show the notice and to ask before a write",
    "9.3": "tells what frozen means",
}


def rules(text: str) -> set[str]:
    """Return the rules that a text names, ranges written out."""
    found = set()
    for section, first, last in re.findall(r"\b(\d{1,2})\.(\d{1,2})(?: [–-] \d{1,2}\.(\d{1,2}))?", text):
        found |= {f"{section}.{number}" for number in range(int(first), int(last or first) + 1)}
    return found


def numbers_in_test_names() -> set[str]:
    found = set()
    for module in (ROOT / "tests/contract/v4").glob("test_*.py"):
        for name in re.findall(r"def (test_rules?_\w+)", module.read_text()):
            found |= {
                f"{int(section)}.{int(number)}" for section, number in re.findall(r"(\d+)_(\d\d)", name)
            }
            for section, first, last in re.findall(r"(\d+)_(\d\d)_to_\d+_(\d\d)", name):
                found |= {f"{section}.{number}" for number in range(int(first), int(last) + 1)}
    return found


@pytest.mark.parametrize("section", SECTIONS)
def test_each_rule_is_tested_or_its_absence_explained(section: int) -> None:
    table = (ROOT / "docs/reference/v4-departures.md").read_text()
    explained = rules("\n".join(line.split("|")[1] for line in table.splitlines() if line.startswith("| ")))
    wanted = {f"{section}.{number}" for number in range(1, SECTIONS[section] + 1)}
    assert not wanted - numbers_in_test_names() - explained - set(NO_BEHAVIOUR)
