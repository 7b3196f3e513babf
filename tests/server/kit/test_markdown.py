"""Markdown of strangers cannot hurt a reader."""

import pytest

from commonhold.server.kit.markdown import render


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        "[x](javascript:alert(1))",
        "[x](data:text/html,<script>alert(1)</script>)",
        '<img src=x onerror="alert(1)">',
        "![x](https://tracker.example/pixel.png)",
        "<iframe src=https://example.org></iframe>",
        '[x](https://example.org "onmouseover=alert(1)")',
        "<style>body{display:none}</style>",
        "<a href='JaVaScRiPt:alert(1)'>x</a>",
    ],
)
def test_nothing_runs_and_nothing_is_fetched(hostile: str):
    html = render(hostile)
    for sign in ("<script", "<img", "<iframe", "<style", 'href="javascript', "<a href='", 'href="data'):
        assert sign not in html.lower()


def test_ordinary_markdown_stays():
    html = render(
        "# Title\n\nSome *words* and [a link](https://example.org).\n\n| a | b |\n|---|---|\n| 1 | 2 |"
    )
    assert "<h2>Title</h2>" in html
    assert "<em>words</em>" in html
    assert 'rel="nofollow noopener noreferrer"' in html
    assert "<table>" in html
