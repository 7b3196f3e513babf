"""What happens to people that other rooms want to know."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PersonJoined:
    """Somebody has got an account: ``person`` is its row id."""

    person: int
    email: str
    name: str


@dataclass(frozen=True, slots=True)
class PersonLeft:
    """Somebody's account is being deleted, in this transaction: each room forgets what it holds of them.

    Rows that belong to the person alone go with them. ``addresses`` are all mail addresses they had here, in lower
    case; ``name`` is what they were called. Plain row ids in trail, ledger and statistics stay: nothing says any more
    whose they were.
    """

    person: int
    addresses: tuple[str, ...]
    name: str
