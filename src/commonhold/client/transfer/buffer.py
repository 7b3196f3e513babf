"""Memory that much is received into and hashed from."""

import mmap


def buffer(size: int) -> memoryview:
    """Return ``size`` bytes of zeros.

    Unlike those of a ``bytearray``, they cost memory and time only where they are written to, and only then.
    """
    return memoryview(mmap.mmap(-1, size))
