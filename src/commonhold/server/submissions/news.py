"""What happens to submissions that other rooms want to know."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SubmissionMoved:
    """A submission has gone from one state to another."""

    submission: int
    public_id: str
    former: str
    status: str


@dataclass(frozen=True, slots=True)
class VersionReleased:
    """A file has become a version of a dataset; all three by row id."""

    dataset: int
    version: int
    upload: int
