"""The form of an API key, checked against figures worked out apart from the code."""

import string
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonhold.server.credentials.keys import LENGTH, PREFIX, is_well_formed, new_key, prefix_of

ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase


def value(digits: str) -> int:
    number = 0
    for digit in digits:
        number = number * 62 + ALPHABET.index(digit)
    return number


def test_a_new_key_has_the_published_form():
    key = new_key()
    assert len(key) == LENGTH == len(PREFIX) + 43 + 6
    assert key.startswith("chk_")
    assert set(key[4:]) <= set(ALPHABET)
    assert value(key[-6:]) == zlib.crc32(key[:-6].encode())
    assert value(key[4:-6]) < 2**256
    assert is_well_formed(key)


def test_new_keys_differ_and_use_the_whole_range():
    keys = [new_key() for _ in range(200)]
    assert len(set(keys)) == 200
    assert len({key[10] for key in keys}) > 30


def test_a_known_key():
    # CRC-32 of "chk_" and 43 zeros is 789617214, rR9VW in base 62; padded to six on the left.
    body = "chk_" + "0" * 43
    assert is_well_formed(body + "0rR9VW")
    assert not is_well_formed(body + "rR9VW0")
    assert not is_well_formed(body + "000000")


def test_a_short_check_sum_is_padded_on_the_left():
    # Among two thousand bodies some have a CRC below 62**5, whose first digit of six is then a zero.
    for number in range(2_000):
        body = f"chk_{number:043d}"
        if (crc := zlib.crc32(body.encode())) < 62**5:
            tail = "".join(ALPHABET[crc // 62**place % 62] for place in range(4, -1, -1))
            assert is_well_formed(f"{body}0{tail}")
            assert not is_well_formed(f"{body}{tail}0")
            return
    pytest.fail("no short check sum among the bodies tried")


@given(position=st.integers(4, LENGTH - 1), character=st.sampled_from(ALPHABET))
def test_one_wrong_character_is_noticed(position, character):
    key = new_key()
    changed = key[:position] + character + key[position + 1 :]
    assert is_well_formed(changed) == (changed == key)


@given(st.text(max_size=80))
def test_any_text_gets_an_answer(text):
    assert is_well_formed(text) is False
    assert is_well_formed(PREFIX + text) is False


@pytest.mark.parametrize(
    "spoil",
    [
        lambda key: key[:-1],
        lambda key: key + "0",
        lambda key: key.upper(),
        lambda key: "CHK_" + key[4:],
        lambda key: key[:20] + "-" + key[21:],
        lambda key: key[:20] + "٣" + key[21:],  # a digit, though not one of ours
        lambda key: key + "\n",
        lambda _: "",
    ],
)
def test_near_misses(spoil):
    assert not is_well_formed(spoil(new_key()))


def test_the_shown_part_keeps_the_secret():
    key = new_key()
    assert prefix_of(key) == key[:12]
    assert not is_well_formed(prefix_of(key))
