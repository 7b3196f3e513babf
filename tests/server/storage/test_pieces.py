import hashlib
import io
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonhold.server.storage import pieces
from commonhold.server.storage.memory import MemoryStore
from commonhold.server.storage.pieces import PIECE_SIZE, HashingReader, PieceHasher, hash_file


def expected(content: bytes, length: int = PIECE_SIZE) -> tuple[int, str, bytes]:
    parts = (content[start : start + length] for start in range(0, len(content), length))
    digests = b"".join(hashlib.sha256(part).digest() for part in parts)
    return len(content), hashlib.sha256(content).hexdigest(), digests


@pytest.mark.parametrize("size", [0, 1, PIECE_SIZE - 1, PIECE_SIZE, PIECE_SIZE + 1, 2 * PIECE_SIZE + 12_345])
def test_hashes_whole_and_pieces(size):
    content = hashlib.shake_128(b"seed").digest(size)
    result = hash_file(io.BytesIO(content))
    assert (result.size, result.sha256, result.pieces) == expected(content)


CONTENT = hashlib.shake_128(b"more").digest(2 * PIECE_SIZE + 77)


@given(st.lists(st.integers(0, 2077), max_size=8))
def test_chunks_of_any_size_make_no_difference(cuts):
    content, hasher = memoryview(CONTENT)[:2077], PieceHasher()
    edges = [0, *sorted(cuts), len(content)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pieces, "PIECE_SIZE", 1000)
        for start, end in itertools.pairwise(edges):
            hasher.update(content[start:end])
        result = hasher.result()
    assert (result.size, result.sha256, result.pieces) == expected(bytes(content), 1000)


def test_hashes_while_a_file_is_put():
    store, reader = MemoryStore(), HashingReader(io.BytesIO(CONTENT))
    store.put("a/b.tar.gz", reader)
    assert reader.result().sha256 == hashlib.sha256(CONTENT).hexdigest()
    with store.open("a/b.tar.gz") as file:
        assert file.read() == CONTENT


def test_buffered_reading_hashes_too():
    reader = HashingReader(io.BytesIO(CONTENT))
    assert io.BufferedReader(reader).read() == CONTENT
    assert reader.result().pieces == expected(CONTENT)[2]
