"""How the address of outgoing mail becomes Django's settings."""

from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from commonhold.server.config.values import SettingError

_DEFAULT_PORTS = {"smtp": 587, "smtps": 465}


def mail(url: str, data: Path) -> dict[str, Any]:
    """Return Django's ``EMAIL_…`` settings for ``url``; empty means files in the folder ``mail`` of the data folder.

    ``smtp://`` turns to TLS (STARTTLS) where a user is named, ``smtps://`` begins with it: a password never travels
    in the clear.

    Raises:
        SettingError: that is no such address.
    """
    if not url:
        return {
            "EMAIL_BACKEND": "django.core.mail.backends.filebased.EmailBackend",
            "EMAIL_FILE_PATH": str(data / "mail"),
        }
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError:
        port = -1
    if parts.scheme not in _DEFAULT_PORTS or not parts.hostname or port == -1:
        message = (
            "COMMONHOLD_EMAIL_URL: takes smtp://user:password@host:port or smtps://…, or nothing for files"
        )
        raise SettingError(message)
    return {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": port or _DEFAULT_PORTS[parts.scheme],
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_SSL": parts.scheme == "smtps",
        "EMAIL_USE_TLS": parts.scheme == "smtp" and bool(parts.username),
        "EMAIL_TIMEOUT": 20,
    }
