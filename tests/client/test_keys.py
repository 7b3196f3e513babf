"""The form of API keys."""

import random
import string

import pytest

from commonhold.client.keys import checksum, fault, is_foreign

ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase


def make_key(seed: int = 1) -> str:
    body = "chk_" + "".join(random.Random(seed).choices(ALPHABET, k=43))
    return body + checksum(body)


def test_a_made_key_is_right() -> None:
    for seed in range(50):
        assert fault(make_key(seed)) is None


def test_the_checksum_is_a_known_one() -> None:
    # CRC-32 of "123456789" is the textbook's 0xCBF43926.
    assert int_of(checksum("123456789")) == 0xCBF43926
    assert len(checksum("")) == 6
    assert checksum("") == "000000"


def int_of(text: str) -> int:
    value = 0
    for character in text:
        value = 62 * value + ALPHABET.index(character)
    return value


@pytest.mark.parametrize("place", range(4, 53))
def test_any_changed_character_is_noticed(place: int) -> None:
    key = make_key()
    other = "a" if key[place] != "a" else "b"
    assert fault(key[:place] + other + key[place + 1 :])


def test_swapped_neighbors_are_noticed() -> None:
    key = make_key(3)
    for place in range(4, 52):
        swapped = key[:place] + key[place + 1] + key[place] + key[place + 2 :]
        assert swapped == key or fault(swapped)


@pytest.mark.parametrize(
    "key", ["", " ", "chk_", "chk_short", "with space", "line\nbreak", "chk_" + "ä" * 49]
)
def test_what_cannot_be_sent_or_is_cut_short_is_refused(key: str) -> None:
    assert fault(key)


def test_keys_of_other_sites_are_let_through() -> None:
    assert fault("mdc_0123456789") is None
    assert is_foreign("mdc_0123456789")
    assert not is_foreign(make_key())
