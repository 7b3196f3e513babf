"""What happens to people that other rooms want to know."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PersonJoined:
    """Somebody has got an account: ``person`` is its row id."""

    person: int
    email: str
    name: str
