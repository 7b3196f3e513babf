"""The system's own zlib, asked to stop where Python's never does: at the end of every deflate block.

There, and only there, unpacking can be taken up again by somebody who has the position (in bits) and the last
32 KiB that were unpacked. Python's ``zlib`` inflates just as well but does not say where blocks end; where the
library cannot be loaded, archives are read with it, and have no such points.
"""

import ctypes
import weakref
import zlib
from collections.abc import Callable
from typing import Any

WINDOW_BYTES = 32 * 1024

_VOID = ctypes.c_void_p
_WITH_GZIP_HEADER = 16 + zlib.MAX_WBITS
_OK, _STREAM_END, _BUFFER_ERROR = 0, 1, -5
_STOP_AT_BLOCKS = 5  # Z_BLOCK
_AT_BOUNDARY, _LAST_BLOCK, _UNUSED_BITS = 128, 64, 7


class _Stream(ctypes.Structure):
    """``z_stream`` of zlib.h, the same since 1995."""

    _fields_ = [
        ("next_in", _VOID), ("avail_in", ctypes.c_uint), ("total_in", ctypes.c_ulong),
        ("next_out", _VOID), ("avail_out", ctypes.c_uint), ("total_out", ctypes.c_ulong),
        ("msg", ctypes.c_char_p), ("state", _VOID), ("zalloc", _VOID), ("zfree", _VOID), ("opaque", _VOID),
        ("data_type", ctypes.c_int), ("adler", ctypes.c_ulong), ("reserved", ctypes.c_ulong),
    ]  # fmt: skip


def _load() -> Any:
    try:
        library = ctypes.CDLL("libz.so.1")
        for name in ("inflateInit2_", "inflate", "inflateEnd", "inflateGetDictionary"):
            getattr(library, name).restype = ctypes.c_int
    except (OSError, AttributeError):
        return None
    return library


_library = _load()


class BlockInflater:
    """Unpacks one gzip member, with the interface of :func:`zlib.decompressobj`.

    Args:
        at_block: called at the start of each deflate block, when nothing is pending, with its position in bits
            from the member's first byte, the bytes unpacked before it, and a function that returns the last
            32 KiB of those.
        room: bytes that one call of ``decompress`` returns at most.
    """

    def __init__(self, at_block: Callable[[int, int, Callable[[], bytes]], None], room: int) -> None:
        self.eof = False
        self.unused_data = b""
        self.unconsumed_tail = b""
        self._at_block = at_block
        self._room = room
        self._unpacked = ctypes.create_string_buffer(room)
        self._stream = _Stream()
        if _library.inflateInit2_(
            ctypes.byref(self._stream), _WITH_GZIP_HEADER, b"1.2.11", ctypes.sizeof(_Stream)
        ):
            raise MemoryError("zlib could not begin.")
        self._end = weakref.finalize(self, _library.inflateEnd, ctypes.byref(self._stream))

    @staticmethod
    def is_there() -> bool:
        """Whether the library was found."""
        return _library is not None

    def decompress(self, packed: bytes, max_length: int) -> bytes:
        """Unpack some of ``packed``; what was not taken is in ``unconsumed_tail``, or ``unused_data``.

        Raises:
            zlib.error: it is damaged.
        """
        stream = self._stream
        room = min(max_length, self._room)
        stream.next_in = ctypes.cast(ctypes.c_char_p(packed), _VOID)
        stream.avail_in = len(packed)
        stream.next_out = ctypes.addressof(self._unpacked)
        stream.avail_out = room
        while stream.avail_in and stream.avail_out and not self.eof:
            code = _library.inflate(ctypes.byref(stream), _STOP_AT_BLOCKS)
            if code not in {_OK, _STREAM_END, _BUFFER_ERROR}:
                raise zlib.error(f"Error {code} while unpacking.")
            self.eof = code == _STREAM_END
            at = stream.data_type
            if not self.eof and at & _AT_BOUNDARY and not at & _LAST_BLOCK:
                self._at_block(stream.total_in * 8 - (at & _UNUSED_BITS), stream.total_out, self._window)
        rest = packed[len(packed) - stream.avail_in :]
        self.unused_data, self.unconsumed_tail = (rest, b"") if self.eof else (b"", rest)
        return ctypes.string_at(self._unpacked, room - stream.avail_out)

    def _window(self) -> bytes:
        window = ctypes.create_string_buffer(WINDOW_BYTES)
        length = ctypes.c_uint(0)
        _library.inflateGetDictionary(ctypes.byref(self._stream), window, ctypes.byref(length))
        return window.raw[: length.value]
