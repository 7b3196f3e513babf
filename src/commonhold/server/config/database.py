"""How a database address becomes Django's settings, for the two engines that every statement must run on."""

from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from commonhold.server.config.values import SettingError

_SQLITE_START = """
PRAGMA journal_mode=WAL;
PRAGMA synchronous=NORMAL;
PRAGMA temp_store=MEMORY;
PRAGMA mmap_size=134217728;
PRAGMA cache_size=-8000;
"""


def database(url: str, data: Path) -> dict[str, Any]:
    """Return the ``DATABASES["default"]`` entry for ``url``; empty means SQLite in the data folder.

    Raises:
        SettingError: the address is of neither engine.
    """
    if not url:
        return _sqlite(data / "commonhold.sqlite3")
    parts = urlsplit(url)
    if parts.scheme in {"postgresql", "postgres"}:
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": unquote(parts.path.lstrip("/")),
            "USER": unquote(parts.username or ""),
            "PASSWORD": unquote(parts.password or ""),
            "HOST": parts.hostname or "",
            "PORT": str(parts.port or ""),
            "CONN_MAX_AGE": None,
            "OPTIONS": {
                # Hot reads are few statements, sent often: prepared at once, parameters bound by the server.
                "server_side_binding": True,
                "prepare_threshold": 1,
                "application_name": "commonhold",
                **dict(parse_qsl(parts.query)),
            },
        }
    if parts.scheme == "sqlite":
        return _sqlite(Path(unquote(parts.path)))
    message = (
        "COMMONHOLD_DATABASE_URL: takes postgresql://user:password@host:port/name, or nothing for SQLite"
    )
    raise SettingError(message)


def _sqlite(path: Path) -> dict[str, Any]:
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(path),
        "CONN_MAX_AGE": None,
        "OPTIONS": {
            "timeout": 20,
            # A write lock taken at the start waits for its turn; one asked for midway fails at once.
            "transaction_mode": "IMMEDIATE",
            "init_command": _SQLITE_START,
        },
    }
