import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonhold.server.storage import keys
from commonhold.server.storage.keys import (
    InvalidFilenameError,
    InvalidKeyError,
    archive_content_type,
    bare_filename,
    check_key,
)


@pytest.mark.parametrize(
    "key",
    [
        "a",
        "datasets/c0/1/greetings 22.0.tar.gz",
        "datasets/c0/1/приветы.zip",
        "d/می‌خواهم.tgz",
        "d/한국어.zip",
    ],
)
def test_accepts(key):
    assert "/".join(check_key(key)) == key


@pytest.mark.parametrize(
    "key",
    [
        "",
        "/",
        "/a",
        "a/",
        "a//b",
        ".",
        "..",
        "a/../b",
        "a/./b",
        ".a",
        "a/.b",
        "a\\b",
        "a\0b",
        "a\nb",
        "a\x7fb",
        "a?b",
        "a#b",
        "a%b",
        "a*b",
        'a"b',
        "a<b",
        "a:b",
        "a|b",
        " a",
        "a ",
        "a.",
        "a\u202eb",
        "a\u2028b",
        "a\ufffdb",
        "a\ud800c",
        "cafe\u0301",
        "\ufeffa",
        "a\u00a0b",
        "x" * 256,
        "ü" * 128,
        "/".join("a" * 17),
        "/".join(["x" * 250] * 5),
    ],
)
def test_refuses(key):
    with pytest.raises(InvalidKeyError):
        check_key(key)


@given(st.text(max_size=300))
def test_what_is_accepted_never_leads_away(key):
    try:
        segments = check_key(key)
    except InvalidKeyError:
        return
    assert all(segment and not segment.startswith(".") and "\\" not in segment for segment in segments)
    assert len(key.encode()) <= 1024
    assert key.isprintable() or "\u200c" in key or "\u200d" in key


@pytest.mark.parametrize("name", ["a.tar.gz", "a.TGZ", "a b.zip", "приветы.tar.gz"])
def test_names_of_archives(name):
    assert bare_filename(name) == name


def test_names_are_composed():
    assert bare_filename("cafe\u0301.zip") == "café.zip"


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".zip",
        ".tar.gz",
        "a.rar",
        "a.tar",
        "a.gz",
        "a/b.zip",
        "../a.zip",
        "a\\b.zip",
        "a\r\nb.zip",
        "a\0.zip",
        "a.zip ",
        "a.zip.exe",
        "x" * 252 + ".zip",
        "\u202ea.zip",
        "y" * 100_000 + ".zip",
    ],
)
def test_names_refused(name):
    with pytest.raises(InvalidFilenameError, match="file name"):
        bare_filename(name)


def test_types_of_archives():
    assert archive_content_type("a.tgz") == archive_content_type("a.tar.gz") == "application/gzip"
    assert archive_content_type("a.zip") == "application/zip"
    with pytest.raises(InvalidFilenameError):
        archive_content_type("a.txt")


@given(st.text("aZ0._-=/ +é", min_size=1, max_size=40))
def test_the_quick_look_says_what_the_long_one_says(key):
    def outcome():
        try:
            return check_key(key)
        except InvalidKeyError:
            return None

    quick = outcome()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keys, "_PLAIN_KEY", re.compile(r"(?!)"))
        assert outcome() == quick
