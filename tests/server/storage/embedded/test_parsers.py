"""The parsers of ranges and conditions against plain statements of what they mean."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from commonhold.server.storage import attachment as attachments
from commonhold.server.storage.attachment import attachment
from commonhold.server.storage.embedded.conditions import http_date, parse_http_date
from commonhold.server.storage.embedded.ranges import MAX_RANGES, UnsatisfiableRangeError, parse_ranges

NUMBERS = st.integers(0, 60)
SPEC = st.one_of(
    st.tuples(NUMBERS, NUMBERS).map(lambda pair: f"{min(pair)}-{max(pair)}"),
    NUMBERS.map(lambda number: f"{number}-"),
    NUMBERS.map(lambda number: f"-{number}"),
)


def meant(spec: str, size: int) -> set[int]:
    first, last = spec.split("-")
    if not first:
        return set(range(size)[size - min(int(last), size) :])
    return set(range(int(first), min(size, int(last) + 1 if last else size)))


@given(st.lists(SPEC, min_size=1, max_size=MAX_RANGES), st.integers(0, 50))
@example(["-0"], 10)
@example(["0-"], 0)
def test_well_formed_headers_mean_their_bytes(specs, size):
    bytes_meant = set().union(*(meant(spec, size) for spec in specs))
    try:
        ranges = parse_ranges("bytes=" + ", ".join(specs), size)
    except UnsatisfiableRangeError:
        assert not bytes_meant
        return
    assert set().union(*(range(*found) for found in ranges)) == bytes_meant
    assert sum(end - start for start, end in ranges) == len(bytes_meant), "no byte twice"
    assert all(0 <= start < end <= size for start, end in ranges)


@given(st.text(alphabet="bytes=0123456789-, \t\x0b", max_size=40), st.integers(0, 50))
def test_any_header_is_ranges_or_nothing_or_refused(header, size):
    try:
        ranges = parse_ranges(header, size)
    except UnsatisfiableRangeError:
        return
    if ranges is not None:
        assert header[:6].lower() == "bytes="
        assert len(ranges) <= MAX_RANGES
        assert all(0 <= start < end <= size for start, end in ranges)


def test_disjoint_ranges_keep_their_order():
    assert list(parse_ranges("bytes=9-9,0-1,5-6", 10)) == [(9, 10), (0, 2), (5, 7)]


def test_digits_of_other_scripts_are_no_numbers():
    assert parse_ranges("bytes=\u0660-\u0665", 10) is None


@given(st.integers(0, 4_000_000_000))
def test_dates_come_back(moment):
    assert parse_http_date(http_date(moment)) == moment


@pytest.mark.parametrize(
    "text",
    ["", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994", "Sun, 06 Nov 0000 08:49:37 GMT"],
)
def test_other_dates_are_none(text):
    assert parse_http_date(text) is None


@given(st.text(min_size=1, max_size=100).filter(lambda text: text.encode(errors="ignore").decode() == text))
def test_a_disposition_is_always_one_harmless_header(name):
    value = attachment(name)
    assert value.isascii()
    assert value.isprintable()
    assert re.fullmatch(r"attachment; filename=\"[^\"\\/]+\"(; filename\*=UTF-8''[A-Za-z0-9_.~%-]+)?", value)


@given(st.text('aZ0._-=/ +é%"', min_size=1, max_size=20))
def test_plain_names_are_written_as_others_are(name):
    quick = attachment(name)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(attachments, "_PLAIN", re.compile(r"(?!)"))
        assert attachment(name) == quick
