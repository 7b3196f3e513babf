"""What is generated in the documentation says what the code says."""

from pathlib import Path

import pytest
from docs.generated import PAGES, written

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize("name", PAGES)
def test_generated_parts_are_current(name: str):
    page = (DOCS / name).read_text()
    assert "<!-- generated -->" in page
    assert written(page, PAGES[name]()) == page, "run `make docs`"
