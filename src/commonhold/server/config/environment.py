"""Every setting of a site, read from the environment once, typed and checked.

``docs/reference/settings.md`` is held against :data:`TABLE` by a test, so this file is the one place to add a setting.
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from functools import cache
from pathlib import Path
from typing import Any

from commonhold.server.config import values as read_as
from commonhold.server.config.data_folder import kept_secret
from commonhold.server.config.values import SettingError


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
        read_as.folder,
        "Folder that holds the embedded database, the embedded store and the generated secret key.",
    )
    base_url: str = setting(
        "COMMONHOLD_BASE_URL",
        "",
        read_as.address,
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
        read_as.words,
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
        read_as.address,
        "Address at which the site reaches S3. Empty: AWS, in the region given.",
    )
    s3_public_endpoint_url: str = setting(
        "COMMONHOLD_S3_PUBLIC_ENDPOINT_URL",
        "",
        read_as.address,
        "Address at which clients reach S3, where it is another one.",
    )
    s3_region: str = setting("COMMONHOLD_S3_REGION", "us-east-1", str, "Region of the bucket.")
    s3_addressing: str = setting(
        "COMMONHOLD_S3_ADDRESSING",
        "",
        read_as.addressing,
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
        read_as.scanner,
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
        read_as.address,
        "Address under which people reach the embedded store, where a proxy stands before it.",
    )
    allowed_hosts: tuple[str, ...] = setting(
        "COMMONHOLD_ALLOWED_HOSTS",
        "",
        read_as.words,
        "Host names the site answers to, besides the one in the base URL. Empty: those, and the local machine.",
    )
    trusted_proxies: tuple[str, ...] = setting(
        "COMMONHOLD_TRUSTED_PROXIES",
        "",
        read_as.networks,
        "Networks whose forwarding headers tell the client's address and scheme.",
    )
    valkey_url: str = setting(
        "COMMONHOLD_VALKEY_URL",
        "",
        str,
        "Valkey or Redis that request limits share, as `redis://host:port/0`. Needed with more than one worker.",
        secret=True,
    )
    workers: int = setting("COMMONHOLD_WORKERS", "1", read_as.positive, "Processes that serve the site.")
    threads: int | None = setting(
        "COMMONHOLD_THREADS",
        "none",
        read_as.count_or_none,
        "Threads in each of those processes; `none` for twice the processors and one.",
    )
    background: str = setting(
        "COMMONHOLD_BACKGROUND",
        "serve",
        read_as.background,
        "Where background work (verification, mail, cleaning) is done: by `serve`, or only by `commonhold worker` processes.",
    )
    open_catalogue: bool = setting(
        "COMMONHOLD_OPEN_CATALOGUE",
        "false",
        read_as.boolean,
        "Whether public and restricted datasets, the list and the filters under `/api/` are readable without a key.",
    )
    read_only: bool | None = setting(
        "COMMONHOLD_READ_ONLY",
        "",
        read_as.boolean_or_none,
        "`true` refuses every write, `false` lifts read-only mode, whatever the switch says. Empty: as switched by command, page or API.",
    )
    result_window: int = setting(
        "COMMONHOLD_RESULT_WINDOW",
        "25000",
        read_as.positive,
        "How deep a search under `/api/v4/` can be paged through; its `count` is always the true one.",
    )
    download_url_lifetime: int = setting(
        "COMMONHOLD_DOWNLOAD_URL_LIFETIME",
        "43200",
        read_as.positive,
        "Seconds for which a download URL lives.",
    )
    daily_download_limit: int | None = setting(
        "COMMONHOLD_DAILY_DOWNLOAD_LIMIT",
        "30",
        read_as.count_or_none,
        "Downloads an organization may start in a UTC day, unless it has a limit of its own; `none` for no limit.",
    )
    daily_bandwidth_limit: int | None = setting(
        "COMMONHOLD_DAILY_BANDWIDTH_LIMIT",
        "none",
        read_as.count_or_none,
        "Bytes granted to an organization in a UTC day, unless it has a limit of its own; `none` for no limit.",
    )
    request_limit: str | None = setting(
        "COMMONHOLD_REQUEST_LIMIT",
        "1000/minute",
        read_as.rate_or_none,
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
        read_as.address,
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
        read_as.count,
        "Seconds after its removal for which a dataset's files stay in the store; download URLs already given work until then.",
    )
    legal_url: str = setting(
        "COMMONHOLD_LEGAL_URL",
        "",
        read_as.address,
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
        values["secret_key"] = kept_secret(values["data"])
    return Environment(**values)


@cache
def environment() -> Environment:
    """Return this process's settings, read once from its environment."""
    return read(os.environ)
