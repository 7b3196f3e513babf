"""News that travels upward: a lower room publishes, an upper one has subscribed at start-up.

Subscribers run at once, in the publisher's transaction: if one fails, the change it was told of is undone with it.
"""

from collections import defaultdict
from collections.abc import Callable
from typing import Any, TypeVar

Event = TypeVar("Event")

_subscribers: dict[type, list[Callable[[Any], None]]] = defaultdict(list)


def subscribe(event: type[Event], subscriber: Callable[[Event], None]) -> None:
    """Call ``subscriber`` for every event of this type; subscribing twice counts once."""
    if subscriber not in _subscribers[event]:
        _subscribers[event].append(subscriber)


def publish(event: object) -> None:
    """Tell every subscriber of ``event``, in the order in which they subscribed."""
    for subscriber in _subscribers[type(event)]:
        subscriber(event)
