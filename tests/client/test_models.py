"""Reading a site's answers."""

import contextlib
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonhold.client import errors
from commonhold.client.account import Account
from commonhold.client.fields import LARGEST_FILE, instant, sha256, web_address, whole
from commonhold.client.models import Dataset, DatasetPage, Pieces, Session

HEX = "ab" * 32
SESSION = {"downloadUrl": "https://s.example/x?signature=1", "sizeBytes": "5", "checksum": f"sha256:{HEX}"}
PIECES = {"sizeBytes": 200_000, "pieceSize": 131_072, "algorithm": "sha256", "pieces": [HEX, HEX]}

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
KEYS = st.sampled_from(
    [
        *PIECES,
        *SESSION,
        "id",
        "version",
        "organization",
        "expiresAt",
        "items",
        "total",
        "person",
        "limits",
        "slug",
    ]
)


@pytest.mark.parametrize("model", [Dataset, DatasetPage, Session, Pieces, Account])
@given(answer=st.dictionaries(KEYS, ANYTHING) | ANYTHING)
def test_any_answer_is_read_or_refused_with_one_kind_of_error(model: type, answer: object) -> None:
    with contextlib.suppress(errors.ProtocolError):
        assert isinstance(model.read(answer), model)


@pytest.mark.parametrize("value", ["5", 5, "0", LARGEST_FILE])
def test_sizes_are_numbers_or_digits(value: object) -> None:
    assert whole(value, "a size") == int(str(value))


@pytest.mark.parametrize(
    "value", [None, True, 5.0, "5.0", "-1", -1, "", "5 ", "\u0665", LARGEST_FILE + 1, "9" * 30, [5]]
)
def test_other_sizes_are_refused(value: object) -> None:
    with pytest.raises(errors.ProtocolError):
        whole(value, "a size")


def test_checksums_come_with_and_without_their_name() -> None:
    assert sha256(f"sha256:{HEX}") == sha256(HEX.upper()) == HEX
    assert sha256(None) is sha256("") is None


@pytest.mark.parametrize("value", ["md5:" + "a" * 32, HEX[:-1], HEX + "0", 5, "sha256:", f"sha512:{HEX}"])
def test_other_checksums_are_refused(value: object) -> None:
    with pytest.raises(errors.ProtocolError):
        sha256(value)


@pytest.mark.parametrize(
    "value", ["file:///etc/passwd", "javascript:alert(1)", "//host/x", "https://", "", None, 5]
)
def test_only_web_addresses_are_addresses(value: object) -> None:
    assert web_address(value) is None


def test_a_session_lives_by_the_clock_of_its_site() -> None:
    answer = {**SESSION, "expiresAt": "2025-08-27T01:00:00Z"}
    assert Session.read(answer, datetime(2025, 8, 26, 13, tzinfo=UTC)).lifetime == 12 * 3600
    # A clock that is wrong by days must not make a client ask for address after address.
    assert Session.read(answer, datetime(2025, 9, 1, tzinfo=UTC)).lifetime is None
    assert Session.read(SESSION).lifetime is None


def test_a_session_without_an_address_is_none() -> None:
    with pytest.raises(errors.ProtocolError, match="download address"):
        Session.read({**SESSION, "downloadUrl": "ftp://x"})


def test_an_address_does_not_show_in_a_session() -> None:
    assert "signature" not in repr(Session.read(SESSION)).partition("raw")[0]


@pytest.mark.parametrize(
    "change",
    [{"pieces": [HEX]}, {"pieces": [HEX] * 3}, {"pieceSize": 1}, {"pieceSize": 1 << 40}, {"algorithm": "md5"},
     {"pieces": [HEX, None]}, {"pieces": [HEX, "xyz"]}, {"pieces": "ab"}, {"sizeBytes": -1}],
)  # fmt: skip
def test_pieces_that_cannot_fit_are_refused(change: dict[str, object]) -> None:
    assert len(Pieces.read(PIECES).digests) == 2
    with pytest.raises(errors.ProtocolError):
        Pieces.read(PIECES | change)


def test_instants_without_an_offset_are_utc() -> None:
    assert instant("2025-08-26T12:00:00") == instant("2025-08-26T12:00:00Z")
    assert instant("tomorrow") is None
