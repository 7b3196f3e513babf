"""What loading a collection file did."""

from dataclasses import dataclass, field


@dataclass(slots=True)
class Report:
    """What loading did.

    Attributes:
        organizations: slugs of organizations made or changed.
        people: addresses of people made or changed.
        datasets: slugs of datasets made or changed.
        versions: ``slug version n`` of each archive that is new.
        keys: the API keys that were made, as ``(address, name, text)``: shown once.
    """

    organizations: list[str] = field(default_factory=list)
    people: list[str] = field(default_factory=list)
    datasets: list[str] = field(default_factory=list)
    versions: list[str] = field(default_factory=list)
    keys: list[tuple[str, str, str]] = field(default_factory=list)
