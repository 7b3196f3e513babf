"""What stands between this machine and a download, found before it does.

Each check tells one thing, spends no quota and changes nothing; a file that tries a folder is taken away at once.
"""

import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from commonhold import __version__
from commonhold.client import errors
from commonhold.client.account import Account, Limit
from commonhold.client.api import Client
from commonhold.client.cache import cache_folder
from commonhold.client.fields import instant
from commonhold.client.http.connection import Connection, host_of
from commonhold.client.http.network import Network, is_loopback
from commonhold.client.retry import http_date
from commonhold.client.settings import Settings
from commonhold.client.transfer.positional import free_space

Grade = Literal["ok", "warn", "fail"]
OK: Grade = "ok"
WARN: Grade = "warn"
FAIL: Grade = "fail"

# Signed addresses of object stores bear fifteen minutes; people should know long before.
_SKEW_WARN, _SKEW_FAIL = 30, 600
_LITTLE_ROOM = 1 << 30
_SOON = timedelta(days=14)
_PATIENCE = 10.0
_GIB = 1 << 30


@dataclass(frozen=True)
class Finding:
    """What one check found.

    Attributes:
        about: one word.
        grade: ``ok``, ``warn`` (it will hinder sometime, or some) or ``fail`` (nothing works until it is mended).
        text: one sentence.
        advice: the next step, an empty text where nothing needs to be done.
        error: the failure behind it, where there is one.
    """

    about: str
    grade: Grade
    text: str
    advice: str = ""
    error: errors.CommonholdError | None = None


def examine(settings: Settings, environ: Mapping[str, str] | None = None) -> Iterator[Finding]:
    """Yield what each check finds, in the order in which it is best mended."""
    surroundings = os.environ if environ is None else environ
    yield _version()
    yield from _guarded("proxy", lambda: _proxy(settings))
    yield from _guarded("trust", lambda: _trust(settings, surroundings))
    with Client(settings, max_wait=0.0) as client:
        site = list(_guarded("site", lambda: _site(client)))
        yield from site
        if not any(finding.grade == FAIL for finding in site):
            yield from _account(client)
    yield _folder("folder", settings.download_folder)
    yield _folder("cache", cache_folder(surroundings))


def _guarded(about: str, check: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
    """Make a failure of a check its finding."""
    try:
        yield from check()
    except errors.CommonholdError as error:
        yield Finding(about, FAIL, error.message, error.hint, error)


def _version() -> Finding:
    return Finding(
        "version", OK, f"commonhold {__version__}, Python {sys.version.split()[0]} on {sys.platform}."
    )


def _proxy(settings: Settings) -> Iterator[Finding]:
    proxy = Network().proxy_for(urlsplit(settings.api_url))
    host = host_of(settings.api_url)
    if proxy is None:
        yield Finding("proxy", OK, f"None is used for {host}.")
    else:
        yield Finding("proxy", OK, f"{host} is reached through {proxy.host}:{proxy.port}.")


def _trust(settings: Settings, environ: Mapping[str, str]) -> Iterator[Finding]:
    host = urlsplit(settings.api_url).hostname or ""
    if settings.api_url.startswith("http://"):
        if is_loopback(host):
            yield Finding("trust", OK, "No TLS, and the site is on this machine.")
        else:
            yield Finding(
                "trust",
                WARN,
                f"{host} is spoken to without TLS: everyone on the way can read your key.",
                "Use an address that begins with https:// where the site has one.",
            )
        return
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR"):
        named = environ.get(name)
        if named and not os.access(named, os.R_OK):
            yield Finding(
                "trust", FAIL, f"{name} names {named}, which cannot be read.", f"Mend or unset {name}."
            )
            return
    known = len(Network().tls.get_ca_certs())
    extra = environ.get("REQUESTS_CA_BUNDLE") or environ.get("SSL_CERT_FILE")
    yield Finding("trust", OK, f"{known} authorities are trusted{f', {extra} among them' if extra else ''}.")


def _site(client: Client) -> Iterator[Finding]:
    """Whether the site answers, and what its clock says."""
    url = client.settings.api_url
    connection = Connection(client.network, connect_timeout=_PATIENCE, silence=_PATIENCE)
    try:
        response = connection.request("GET", f"{url}/health", {"Accept": "application/json"})
        date, status = http_date(response.header("Date")), response.status
        connection.close_unless_spent(response)
    finally:
        connection.close()
    if status >= 500:
        raise errors.UnreachableError(
            f"{host_of(url)} answers with status {status}.", hint="Try again later."
        )
    if status == 404:
        yield Finding(
            "site", WARN, f"{url} answers, but tells nothing of its health.",
            "Check that the address is the API of a data collective; it usually ends in /api.",
        )  # fmt: skip
    else:
        yield Finding("site", OK, f"{url} answers.")
    yield _clock(date)


def _clock(date: datetime | None) -> Finding:
    if date is None:
        return Finding("clock", WARN, "The site tells no time, so this clock was not compared.")
    skew = (datetime.now(UTC) - date).total_seconds()
    told = f"This clock is {abs(skew):.0f} s {'ahead of' if skew > 0 else 'behind'} the site's."
    advice = "Set the clock, or let it be set over the network (timedatectl set-ntp true)."
    if abs(skew) > _SKEW_FAIL:
        return Finding("clock", FAIL, told, advice)
    return Finding("clock", WARN, told, advice) if abs(skew) > _SKEW_WARN else Finding("clock", OK, told)


def _account(client: Client) -> Iterator[Finding]:
    """The key, what is left of today, and whether the storage can be reached."""
    if client.settings.key is None:
        yield Finding("key", WARN, "You are not signed in.", "Run: commonhold login")
        return
    try:
        account = client.account()
    except errors.NotFoundError:
        yield Finding("key", OK, "There is a key; this site does not tell what it may do.")
        return
    except errors.CommonholdError as error:
        yield Finding("key", FAIL, error.message, error.hint, error)
        return
    yield _key(account, client.settings.key_source)
    yield _quota("downloads", account.downloads)
    yield _quota("bandwidth", account.bandwidth)
    if account.storage_origin is not None:
        origin = account.storage_origin
        yield from _guarded("storage", lambda: _storage(client, origin))


def _key(account: Account, source: str) -> Finding:
    told = f"The key from {source} speaks for {account.email or account.name}, {account.organization}"
    expires = instant(account.key_expires_at)
    if "download" not in account.scopes:
        return Finding(
            "key", WARN, f"{told}, and may not download.",
            "Run: commonhold login",
        )  # fmt: skip
    if expires is not None and expires - datetime.now(UTC) < _SOON:
        return Finding("key", WARN, f"{told}, until {account.key_expires_at} only.", "Run: commonhold login")
    until = f", until {account.key_expires_at}" if expires else ""
    return Finding("key", OK, f"{told}; it may {', '.join(account.scopes)}{until}.")


def _quota(about: str, limit: Limit | None) -> Finding:
    if limit is None or limit.limit is None:
        return Finding(about, OK, "There is no limit.")
    left = limit.remaining if limit.remaining is not None else max(0, limit.limit - limit.used)
    told = f"{left} of {limit.limit} are left of today."
    if left:
        return Finding(about, OK, told)
    return Finding(
        about, WARN, told, f"They are whole again at {limit.resets_at}; downloads under way go on meanwhile."
    )


def _storage(client: Client, origin: str) -> Iterator[Finding]:
    """Whether the storage answers, whatever it answers."""
    connection = Connection(client.network, connect_timeout=_PATIENCE, silence=_PATIENCE)
    try:
        response = connection.request("GET", f"{origin}/", {})
        connection.close_unless_spent(response)
    finally:
        connection.close()
    yield Finding("storage", OK, f"{origin} answers.")


def _folder(about: str, folder: Path) -> Finding:
    """Whether files can be made in a folder, or in the one it would be made in, and how much room there is."""
    place = folder.absolute()
    while not place.exists() and place != place.parent:
        place = place.parent
    try:
        with tempfile.TemporaryFile(dir=place):
            room = free_space(place)
    except OSError as error:
        why = error.strerror or str(error)
        fault = errors.LocalFileError(f"No file can be made in {place}: {why}.")
        variable = "COMMONHOLD_CACHE" if about == "cache" else "COMMONHOLD_DOWNLOAD_PATH"
        return Finding(about, FAIL, fault.message, f"Make it writable, or name another in {variable}.", fault)
    told = f"{folder.absolute()} takes files; {room / _GIB:.1f} GiB are free."
    if room < _LITTLE_ROOM:
        return Finding(about, WARN, told, "Make room, or name a folder on another disk.")
    return Finding(about, OK, told)
