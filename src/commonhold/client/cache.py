"""Where the client keeps what can be fetched again, and the files of datasets kept there for all programs."""

import os
from collections.abc import Mapping
from pathlib import Path


def cache_folder(environ: Mapping[str, str] | None = None) -> Path:
    """Return the cache folder: ``COMMONHOLD_CACHE``, or ``commonhold`` in the person's cache folder."""
    surroundings = os.environ if environ is None else environ
    named = surroundings.get("COMMONHOLD_CACHE", "").strip()
    if named:
        return Path(named).expanduser()
    base = surroundings.get("XDG_CACHE_HOME", "")
    return (Path(base) if base and Path(base).is_absolute() else Path.home() / ".cache") / "commonhold"
