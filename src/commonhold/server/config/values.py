"""How each kind of setting is written; what cannot be read is a ValueError that says what the setting takes."""

import ipaddress
import re
from pathlib import Path
from urllib.parse import urlsplit


class SettingError(ValueError):
    """A setting holds something that cannot be meant; the message names it and says what it takes."""


def boolean(text: str) -> bool:
    """Read yes or no."""
    if text.lower() in {"1", "true", "yes", "on"}:
        return True
    if text.lower() in {"0", "false", "no", "off", ""}:
        return False
    message = "takes true or false"
    raise ValueError(message)


def boolean_or_none(text: str) -> bool | None:
    """Read yes or no, or nothing."""
    return None if text == "" else boolean(text)


def positive(text: str) -> int:
    """Read a whole number of at least 1."""
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        message = "takes a whole number of at least 1"
        raise ValueError(message)
    return int(text)


def count(text: str) -> int:
    """Read a whole number."""
    return 0 if text == "0" else positive(text)


def count_or_none(text: str) -> int | None:
    """Read a limit: a whole number, or ``none``."""
    return None if text.lower() in {"", "none"} else positive(text)


def words(text: str) -> tuple[str, ...]:
    """Read words, parted by commas or spaces."""
    return tuple(word for word in re.split(r"[,\s]+", text) if word)


def networks(text: str) -> tuple[str, ...]:
    """Read networks, or single addresses, parted like words."""
    return tuple(str(ipaddress.ip_network(word, strict=False)) for word in words(text))


def rate_or_none(text: str) -> str | None:
    """Read a rate such as ``1000/minute``, or ``none``."""
    if text.lower() in {"", "none"}:
        return None
    if not re.fullmatch(r"[1-9]\d{0,8}/(second|minute|hour|day)", text):
        message = "takes a rate such as 1000/minute, or none"
        raise ValueError(message)
    return text


BACKGROUND_IN_SERVE, BACKGROUND_IN_WORKER = "serve", "worker"


def background(text: str) -> str:
    """Read where background work is done."""
    if text not in {BACKGROUND_IN_SERVE, BACKGROUND_IN_WORKER}:
        message = "takes serve or worker"
        raise ValueError(message)
    return text


def address(text: str) -> str:
    """Read a web address; a slash at its end does not count."""
    parts = urlsplit(text)
    if text and (parts.scheme not in {"http", "https"} or not parts.netloc):
        message = "takes an address such as https://data.example.org"
        raise ValueError(message)
    return text.rstrip("/")


def scanner(text: str) -> str:
    """Read where ClamAV's daemon listens."""
    parts = urlsplit(text)
    if (
        text
        and not (parts.scheme == "tcp" and parts.hostname)
        and not (parts.scheme == "unix" and parts.path)
    ):
        message = "takes tcp://host:port or unix:///path"
        raise ValueError(message)
    return text


def addressing(text: str) -> str:
    """Read where the name of a bucket stands."""
    if text not in {"", "path", "virtual"}:
        message = "takes path or virtual"
        raise ValueError(message)
    return text


def folder(text: str) -> Path:
    """Read a folder, as an absolute path."""
    return Path(text).expanduser().absolute()
