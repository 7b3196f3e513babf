"""The command, run as people run it."""

from tests.faults.conftest import command

__all__ = ["command"]
