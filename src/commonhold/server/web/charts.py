"""Small charts as numbers that a template draws: no script, no inline style."""

from collections.abc import Sequence
from dataclasses import dataclass

HEIGHT, STEP, BAR = 48, 10, 8
_LEAST = 2


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar, in the chart's own units; a day without anything is a low one of another color."""

    x: int
    y: int
    height: int
    is_empty: bool


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars side by side, the oldest first.

    Attributes:
        bars: what is drawn.
        width: of the whole.
        total: of what it shows.
        most: the highest bar's value.
    """

    bars: Sequence[Bar]
    width: int
    total: int
    most: int


def chart(values: Sequence[int]) -> Chart:
    """Return the bars of some counts; anything above nothing can be seen."""
    most = max(values, default=0)
    bars = []
    for place, value in enumerate(values):
        height = max(_LEAST * 2, round(value * HEIGHT / most)) if value else _LEAST
        bars.append(Bar(place * STEP, HEIGHT - height, height, not value))
    return Chart(bars, len(values) * STEP - (STEP - BAR), sum(values), most)
