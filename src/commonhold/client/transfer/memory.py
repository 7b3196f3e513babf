"""A file that never becomes one: its segments stay in memory until they were passed on, for unpacking in flight."""

from array import array
from pathlib import Path
from typing import Protocol

from commonhold.client.transfer.plan import Plan


class Place(Protocol):
    """Where bytes are put, and read again: on disk, or in memory."""

    path: Path

    def read(self, offset: int, view: memoryview) -> int:
        """Fill the front of ``view`` with what stands at ``offset``; return how much that is."""

    def write(self, offset: int, view: memoryview) -> None:
        """Put all of ``view`` at ``offset``."""

    def release(self, index: int) -> None:
        """Say that a segment is not needed any more."""


class Progress(Protocol):
    """How far each segment has come."""

    def __getitem__(self, index: int) -> int: ...
    def __setitem__(self, index: int, value: int) -> None: ...


class MemoryPart:
    """Segments under way. A few exist at a time, because the window lets nobody run far ahead.

    Args:
        path: what it is called in messages.
        plan: its segments.
    """

    def __init__(self, path: Path, plan: Plan) -> None:
        self.path = path
        self._plan = plan
        self._slots: dict[int, bytearray] = {}
        self._free: list[bytearray] = []

    def read(self, offset: int, view: memoryview) -> int:
        """Fill the front of ``view`` with what stands at ``offset``, up to the end of its segment."""
        index, at = divmod(offset, self._plan.segment)
        slot = self._slots.get(index)
        if slot is None:
            return 0
        count = max(0, min(len(view), self._plan.length(index) - at))
        view[:count] = memoryview(slot)[at : at + count]
        return count

    def write(self, offset: int, view: memoryview) -> None:
        """Put all of ``view``, which lies in one segment, at ``offset``."""
        index, at = divmod(offset, self._plan.segment)
        slot = self._slots.get(index)
        if slot is None:
            try:
                slot = self._free.pop()
            except IndexError:
                slot = bytearray(self._plan.segment)
            self._slots[index] = slot
        memoryview(slot)[at : at + len(view)] = view

    def release(self, index: int) -> None:
        """Use a segment's memory for the next."""
        slot = self._slots.pop(index, None)
        if slot is not None:
            self._free.append(slot)


class MemoryMarks:
    """Marks that nobody needs after this run."""

    def __init__(self, count: int) -> None:
        self._values = array("I", bytes(4 * count))

    def __getitem__(self, index: int) -> int:
        return self._values[index]

    def __setitem__(self, index: int, value: int) -> None:
        self._values[index] = value
