"""Every setting of a site, read from the environment once, typed and checked.

``docs/reference/settings.md`` is held against :data:`TABLE` by a test, so this file is the one place to add a setting.
"""

import ipaddress
import os
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit


class SettingError(ValueError):
    """A setting holds something that cannot be meant; the message names it and says what it takes."""


def _boolean(text: str) -> bool:
    if text.lower() in {"1", "true", "yes", "on"}:
        return True
    if text.lower() in {"0", "false", "no", "off", ""}:
        return False
    message = "takes true or false"
    raise ValueError(message)


def _boolean_or_none(text: str) -> bool | None:
    return None if text == "" else _boolean(text)


def _positive(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        message = "takes a whole number of at least 1"
        raise ValueError(message)
    return int(text)


def _count(text: str) -> int:
    return 0 if text == "0" else _positive(text)


def count_or_none(text: str) -> int | None:
    """Read a limit: a whole number, or ``none``."""
    return None if text.lower() in {"", "none"} else _positive(text)


def _words(text: str) -> tuple[str, ...]:
    return tuple(word for word in re.split(r"[,\s]+", text) if word)


def _networks(text: str) -> tuple[str, ...]:
    return tuple(str(ipaddress.ip_network(word, strict=False)) for word in _words(text))


def rate_or_none(text: str) -> str | None:
    """Read a rate such as ``1000/minute``, or ``none``."""
    if text.lower() in {"", "none"}:
        return None
    if not re.fullmatch(r"[1-9]\d{0,8}/(second|minute|hour|day)", text):
        message = "takes a rate such as 1000/minute, or none"
        raise ValueError(message)
    return text


BACKGROUND_IN_SERVE, BACKGROUND_IN_WORKER = "serve", "worker"


def _background(text: str) -> str:
    if text not in {BACKGROUND_IN_SERVE, BACKGROUND_IN_WORKER}:
        message = "takes serve or worker"
        raise ValueError(message)
    return text


def _address(text: str) -> str:
    parts = urlsplit(text)
    if text and (parts.scheme not in {"http", "https"} or not parts.netloc):
        message = "takes an address such as https://data.example.org"
        raise ValueError(message)
    return text.rstrip("/")


def _scanner(text: str) -> str:
    parts = urlsplit(text)
    if (
        text
        and not (parts.scheme == "tcp" and parts.hostname)
        and not (parts.scheme == "unix" and parts.path)
    ):
        message = "takes tcp://host:port or unix:///path"
        raise ValueError(message)
    return text


def _addressing(text: str) -> str:
    if text not in {"", "path", "virtual"}:
        message = "takes path or virtual"
        raise ValueError(message)
    return text


def _folder(text: str) -> Path:
    return Path(text).expanduser().absolute()


def setting(name: str, default: str, parse: Callable[[str], Any], about: str, *, secret: bool = False) -> Any:
    """Declare a setting: its variable, its default as one writes it, its parser, a sentence for the reference."""
    return field(
        metadata={"name": name, "default": default, "parse": parse, "about": about, "secret": secret}
    )


@dataclass(frozen=True, slots=True)
class Environment:
    """The settings of one site."""

    data: Path = setting(
        "COMMONHOLD_DATA",
        "./commonhold-data",
        _folder,
        "Folder that holds the embedded database, the embedded store and the generated secret key.",
    )
    base_url: str = setting(
        "COMMONHOLD_BASE_URL",
        "",
        _address,
        "Address under which people reach the site. Empty: taken from each request's host, once that host is found allowed.",
    )
    secret_key: str = setting(
        "COMMONHOLD_SECRET_KEY",
        "",
        str,
        "Secret behind sessions, key digests and signed URLs. Empty: made once and kept in the data folder.",
        secret=True,
    )
    secret_key_fallbacks: tuple[str, ...] = setting(
        "COMMONHOLD_SECRET_KEY_FALLBACKS",
        "",
        _words,
        "Retired secrets that are still accepted, so that a rotation ends no key, session or URL.",
        secret=True,
    )
    database_url: str = setting(
        "COMMONHOLD_DATABASE_URL",
        "",
        str,
        "Database: empty for SQLite in the data folder, or `postgresql://user:password@host:port/name`.",
        secret=True,
    )
    storage_url: str = setting(
        "COMMONHOLD_STORAGE_URL",
        "",
        str,
        "Object storage: empty for a folder in the data folder, another folder as `file:///path`, or `s3://bucket/prefix`.",
    )
    s3_endpoint_url: str = setting(
        "COMMONHOLD_S3_ENDPOINT_URL",
        "",
        _address,
        "Address at which the site reaches S3. Empty: AWS, in the region given.",
    )
    s3_public_endpoint_url: str = setting(
        "COMMONHOLD_S3_PUBLIC_ENDPOINT_URL",
        "",
        _address,
        "Address at which clients reach S3, where it is another one.",
    )
    s3_region: str = setting("COMMONHOLD_S3_REGION", "us-east-1", str, "Region of the bucket.")
    s3_addressing: str = setting(
        "COMMONHOLD_S3_ADDRESSING",
        "",
        _addressing,
        "Where the bucket's name stands: `path`, or `virtual` for the host's name. Empty: `virtual` on AWS, else `path`.",
    )
    s3_access_key_id: str = setting(
        "COMMONHOLD_S3_ACCESS_KEY_ID",
        "",
        str,
        "Access key for S3. Empty: taken from where AWS's own tools look (environment, file, machine role).",
    )
    s3_secret_access_key: str = setting(
        "COMMONHOLD_S3_SECRET_ACCESS_KEY", "", str, "The secret that belongs to the access key.", secret=True
    )
    clamd_url: str = setting(
        "COMMONHOLD_CLAMD_URL",
        "",
        _scanner,
        "ClamAV's daemon, as `tcp://host:3310` or `unix:///path`, asked about every upload. Empty: none is asked.",
    )
    storage_bind: str = setting(
        "COMMONHOLD_STORAGE_BIND",
        "",
        str,
        "Address and port on which the embedded store listens. Empty: the site's address, next port.",
    )
    storage_public_url: str = setting(
        "COMMONHOLD_STORAGE_PUBLIC_URL",
        "",
        _address,
        "Address under which people reach the embedded store, where a proxy stands before it.",
    )
    allowed_hosts: tuple[str, ...] = setting(
        "COMMONHOLD_ALLOWED_HOSTS",
        "",
        _words,
        "Host names the site answers to, besides the one in the base URL. Empty: those, and the local machine.",
    )
    trusted_proxies: tuple[str, ...] = setting(
        "COMMONHOLD_TRUSTED_PROXIES",
        "",
        _networks,
        "Networks whose forwarding headers tell the client's address and scheme.",
    )
    valkey_url: str = setting(
        "COMMONHOLD_VALKEY_URL",
        "",
        str,
        "Valkey or Redis that request limits share, as `redis://host:port/0`. Needed with more than one worker.",
        secret=True,
    )
    workers: int = setting("COMMONHOLD_WORKERS", "1", _positive, "Processes that serve the site.")
    threads: int | None = setting(
        "COMMONHOLD_THREADS",
        "none",
        count_or_none,
        "Threads in each of those processes; `none` for twice the processors and one.",
    )
    background: str = setting(
        "COMMONHOLD_BACKGROUND",
        "serve",
        _background,
        "Where background work (verification, mail, cleaning) is done: by `serve`, or only by `commonhold worker` processes.",
    )
    open_catalogue: bool = setting(
        "COMMONHOLD_OPEN_CATALOGUE",
        "false",
        _boolean,
        "Whether public and restricted datasets, the list and the filters under `/api/` are readable without a key.",
    )
    read_only: bool | None = setting(
        "COMMONHOLD_READ_ONLY",
        "",
        _boolean_or_none,
        "`true` refuses every write, `false` lifts read-only mode, whatever the switch says. Empty: as switched by command, page or API.",
    )
    result_window: int = setting(
        "COMMONHOLD_RESULT_WINDOW",
        "25000",
        _positive,
        "How deep a search under `/api/v4/` can be paged through; its `count` is always the true one.",
    )
    download_url_lifetime: int = setting(
        "COMMONHOLD_DOWNLOAD_URL_LIFETIME", "43200", _positive, "Seconds for which a download URL lives."
    )
    daily_download_limit: int | None = setting(
        "COMMONHOLD_DAILY_DOWNLOAD_LIMIT",
        "30",
        count_or_none,
        "Downloads an organization may start in a UTC day, unless it has a limit of its own; `none` for no limit.",
    )
    daily_bandwidth_limit: int | None = setting(
        "COMMONHOLD_DAILY_BANDWIDTH_LIMIT",
        "none",
        count_or_none,
        "Bytes granted to an organization in a UTC day, unless it has a limit of its own; `none` for no limit.",
    )
    request_limit: str | None = setting(
        "COMMONHOLD_REQUEST_LIMIT",
        "1000/minute",
        rate_or_none,
        "Requests per organization (strangers: per address), such as `1000/minute`; `none` for no limit.",
    )
    email_url: str = setting(
        "COMMONHOLD_EMAIL_URL",
        "",
        str,
        "Outgoing mail, as `smtp://user:password@host:port` or `smtps://…`. Empty: messages are written to the data folder.",
        secret=True,
    )
    email_from: str = setting(
        "COMMONHOLD_EMAIL_FROM", "Commonhold <commonhold@localhost>", str, "Sender of the site's messages."
    )
    oidc_issuer: str = setting(
        "COMMONHOLD_OIDC_ISSUER",
        "",
        _address,
        "OpenID Connect provider that people may sign in with, as its issuer address. Empty: none.",
    )
    oidc_client_id: str = setting(
        "COMMONHOLD_OIDC_CLIENT_ID", "", str, "The name under which that provider knows this site."
    )
    oidc_client_secret: str = setting(
        "COMMONHOLD_OIDC_CLIENT_SECRET",
        "",
        str,
        "The secret that the provider gave for that name.",
        secret=True,
    )
    removal_grace: int = setting(
        "COMMONHOLD_REMOVAL_GRACE",
        "0",
        _count,
        "Seconds after its removal for which a dataset's files stay in the store; download URLs already given work until then.",
    )
    legal_url: str = setting(
        "COMMONHOLD_LEGAL_URL",
        "",
        _address,
        "Page that explains why datasets are withheld; sent as the `blocked-by` link with status 451.",
    )

    @property
    def secrets(self) -> tuple[str, ...]:
        """The current secret, then the retired ones."""
        return (self.secret_key, *self.secret_key_fallbacks)


TABLE = fields(Environment)
_PREFIX = "COMMONHOLD_"
# What the command reads for itself may stand in the same environment.
_CLIENT = {"COMMONHOLD_API_KEY", "COMMONHOLD_API_URL", "COMMONHOLD_CACHE", "COMMONHOLD_DOWNLOAD_PATH"}


def read(environ: Mapping[str, str]) -> Environment:
    """Read the settings from ``environ``.

    Raises:
        SettingError: a value cannot be read, or no setting has that name.
    """
    known = {entry.metadata["name"] for entry in TABLE}
    values: dict[str, Any] = {}
    for entry in TABLE:
        name = entry.metadata["name"]
        try:
            values[entry.name] = entry.metadata["parse"](environ.get(name, entry.metadata["default"]).strip())
        except ValueError as error:
            message = f"{name}: {error}"
            raise SettingError(message) from error
    for name in environ:
        if name.startswith(_PREFIX) and name not in known | _CLIENT:
            message = f"{name}: there is no such setting. docs/reference/settings.md lists them all."
            raise SettingError(message)
    if bool(values["oidc_issuer"]) != bool(values["oidc_client_id"]):
        message = "COMMONHOLD_OIDC_ISSUER and COMMONHOLD_OIDC_CLIENT_ID: one is of no use without the other"
        raise SettingError(message)
    if not values["secret_key"]:
        values["secret_key"] = _kept_secret(values["data"])
    return Environment(**values)


@cache
def environment() -> Environment:
    """Return this process's settings, read once from its environment."""
    return read(os.environ)


def secret_file(data: Path) -> Path:
    """Return where the generated secret key lies."""
    return data / "secret-key"


def generated_secret(settings: Environment) -> str | None:
    """Return the secret key that lies in the data folder, or None where the settings name another one."""
    try:
        kept = secret_file(settings.data).read_text().strip()
    except FileNotFoundError:
        return None
    return kept if kept == settings.secret_key else None


def make_data_folder(data: Path) -> None:
    """Make the data folder, where it is missing.

    Raises:
        SettingError: it cannot be made.
    """
    try:
        data.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _unusable(data, error) from error


def _unusable(data: Path, error: OSError) -> SettingError:
    return SettingError(f"COMMONHOLD_DATA: {data} cannot be used: {error.strerror or error}")


def _kept_secret(data: Path) -> str:
    make_data_folder(data)
    try:
        return _secret_in(data)
    except OSError as error:
        raise _unusable(data, error) from error


def _secret_in(data: Path) -> str:
    path = secret_file(data)
    if path.exists():
        return path.read_text().strip()
    secret = secrets.token_urlsafe(48)
    # Written aside and linked into place: of two processes that start at once, both end with the same secret.
    draft = data / f".secret-key.{os.getpid()}"
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(secret + "\n")
    try:
        os.link(draft, path)
    except FileExistsError:
        return path.read_text().strip()
    finally:
        draft.unlink()
    return secret
