"""What can be wrong with a site's setup, found by trying it."""

import io
import shutil
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.db import connection

from commonhold.server.config.environment import Environment, environment
from commonhold.server.kit.ids import new_id
from commonhold.server.storage.bucket import add_missing_rules, missing_rules
from commonhold.server.storage.interface import StorageError
from commonhold.server.storage.store import object_store

FINE, NOTE, FAULT = "fine", "note", "fault"
_LITTLE_SPACE = 1024**3


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: ``fine``, worth a ``note``, or a ``fault`` that must be mended."""

    level: str
    about: str
    text: str


def inspect() -> list[Finding]:
    """Look at everything and return what was found."""
    settings = environment()
    return [
        _database(),
        _store(settings),
        *_bucket(settings),
        *_disk(settings),
        *_addresses(settings),
        _mail(settings),
    ]


def repair_bucket() -> list[Finding]:
    """Give the site's bucket the rules that it lacks, and say which those were; the folder needs none."""
    try:
        added = add_missing_rules(object_store(environment(), public_url=""))
    except StorageError as error:
        return [Finding(FAULT, "bucket", f"could not be given the rules it lacks. {error}")]
    return [Finding(FINE, "bucket", f"was mended. {text}") for text in added]


def _database() -> Finding:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return Finding(FINE, "database", f"{connection.display_name} answers and is up to date")


def _store(settings: Environment) -> Finding:
    store = object_store(settings, public_url="")
    key = f"check/{new_id()}.zip"
    try:
        store.put(key, io.BytesIO(b"check"))
        with store.open(key) as file:
            kept = file.read()
        store.delete(key)
    except (OSError, StorageError) as error:
        return Finding(FAULT, "storage", f"cannot be written: {error}")
    if kept != b"check":
        return Finding(FAULT, "storage", "does not give back what was put in")
    return Finding(FINE, "storage", "takes a file, gives it back, lets it go")


def _bucket(settings: Environment) -> list[Finding]:
    try:
        missing = missing_rules(object_store(settings, public_url=""))
        return [Finding(FAULT, "bucket", f"{text} `--repair` adds it.") for text in missing]
    except StorageError as error:
        return [Finding(NOTE, "bucket", str(error))]


def _disk(settings: Environment) -> list[Finding]:
    try:
        free = shutil.disk_usage(settings.data).free
    except FileNotFoundError:
        # Nothing lies there where database, files and secret are elsewhere.
        return []
    level = NOTE if free < _LITTLE_SPACE else FINE
    return [Finding(level, "disk", f"{free // 1024**2} MiB free at {settings.data}")]


def _addresses(settings: Environment) -> list[Finding]:
    if not settings.base_url:
        return [Finding(NOTE, "COMMONHOLD_BASE_URL", "is not set: addresses follow each request's host")]
    findings = []
    if urlsplit(settings.base_url).scheme != "https":
        findings.append(
            Finding(NOTE, "COMMONHOLD_BASE_URL", "is not https: keys and passwords travel in the clear")
        )
    elif not settings.storage_public_url and not settings.storage_url.startswith("s3:"):
        text = "is not set: with https before the site, the embedded store needs an https address of its own"
        findings.append(Finding(FAULT, "COMMONHOLD_STORAGE_PUBLIC_URL", text))
    return findings or [Finding(FINE, "COMMONHOLD_BASE_URL", settings.base_url)]


def _mail(settings: Environment) -> Finding:
    if not settings.email_url:
        return Finding(NOTE, "COMMONHOLD_EMAIL_URL", "is not set: messages are written to the data folder")
    return Finding(FINE, "COMMONHOLD_EMAIL_URL", "is set")
