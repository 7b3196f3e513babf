"""Modules that are imported when something of them is first used: making a value class costs a millisecond."""

from importlib import import_module
from typing import Any


class Deferred:
    """Stands for a module until it is used.

    Args:
        name: of the module.
    """

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, attribute: str) -> Any:
        return getattr(import_module(self._name), attribute)
