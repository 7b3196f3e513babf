"""What a finished file must be: its size, its segments, and the hashes that prove them."""

SEGMENT = 8 << 20


class Plan:
    """A file in segments of equal length, but the last.

    Args:
        size: bytes of the whole.
        segment: bytes of each segment.
        digests: SHA-256 of each segment; empty where the site tells none, so that only the whole can be proven.
        checksum: SHA-256 of the whole in hex, or None where the site tells none.
    """

    def __init__(
        self, size: int, segment: int = SEGMENT, digests: tuple[bytes, ...] = (), checksum: str | None = None
    ) -> None:
        self.size = size
        self.segment = segment
        self.digests = digests
        self.checksum = checksum

    @property
    def count(self) -> int:
        """How many segments there are."""
        return -(-self.size // self.segment)

    @property
    def has_pieces(self) -> bool:
        """Whether each segment can be proven by itself."""
        return bool(self.digests)

    def start(self, index: int) -> int:
        """Return where a segment begins."""
        return index * self.segment

    def length(self, index: int) -> int:
        """Return how long a segment is."""
        return min(self.segment, self.size - index * self.segment)
