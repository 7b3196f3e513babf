"""The marker of read-only mode: a file in the data folder, for the embedded store, which has no database.

It follows the switch in the database (``site/marker.py`` sees to that); what the environment says comes first,
both ways, as everywhere.
"""

from pathlib import Path

from commonhold.server.config.environment import Environment

_NAME = "read-only"


def marker_of(settings: Environment) -> Path:
    """Return where the marker lies while the switch is on."""
    return settings.data / _NAME


def takes_no_parts(settings: Environment) -> bool:
    """Whether the embedded store refuses what would write."""
    return marker_of(settings).exists() if settings.read_only is None else settings.read_only
