"""The site's object store, chosen by its settings."""

import re
from functools import lru_cache
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

from commonhold.server.config.addresses import storage_address
from commonhold.server.config.environment import Environment
from commonhold.server.config.environment import environment as site_environment
from commonhold.server.config.values import SettingError
from commonhold.server.storage.filesystem import FilesystemStore
from commonhold.server.storage.interface import ObjectStore
from commonhold.server.storage.keys import InvalidKeyError, check_key
from commonhold.server.storage.multipart import MultipartStore
from commonhold.server.storage.s3 import S3Store
from commonhold.server.storage.s3_client import S3Settings
from commonhold.server.storage.signing import UrlSigner
from commonhold.server.storage.sigv4 import MAX_LIFETIME

_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")


class Store(ObjectStore, MultipartStore, Protocol):
    """What a site keeps its objects in: both interfaces."""


def object_store(environment: Environment, *, public_url: str) -> Store:
    """Return the store that ``COMMONHOLD_STORAGE_URL`` names.

    Args:
        environment: the site's settings.
        public_url: the address under which people reach the embedded store; an S3 has its own.

    Raises:
        SettingError: the setting names no store that this version knows.
    """
    if environment.storage_url.startswith("s3://"):
        return _s3_store(environment)
    signer = UrlSigner(environment.secrets, public_url)
    return FilesystemStore(storage_folder(environment), signer)


def store_for(host: str) -> Store:
    """Return the site's store, whose URLs a client that reached the site under ``host`` can open.

    Raises:
        SettingError: as for :func:`object_store`.
    """
    return _reached_at(storage_address(site_environment(), host))


@lru_cache(maxsize=64)
def _reached_at(public_url: str) -> Store:
    return object_store(site_environment(), public_url=public_url)


def storage_folder(environment: Environment) -> Path:
    """Return the folder of the embedded store.

    Raises:
        SettingError: the setting names no folder.
    """
    address = environment.storage_url
    if not address:
        return environment.data / "objects"
    parts = urlsplit(address)
    if parts.scheme == "s3":
        raise SettingError(
            "COMMONHOLD_STORAGE_URL: objects are kept in S3, which serves them itself; the embedded store is not "
            "needed beside it."
        )
    if (
        parts.scheme != "file"
        or parts.netloc
        or not parts.path.startswith("/")
        or parts.query
        or parts.fragment
    ):
        raise SettingError(
            "COMMONHOLD_STORAGE_URL: takes a folder such as file:///srv/objects, s3://bucket/prefix, or nothing."
        )
    return Path(unquote(parts.path))


def s3_settings(environment: Environment) -> S3Settings:
    """Return the bucket that the settings name.

    Raises:
        SettingError: they name none, or do not go together.
    """
    parts = urlsplit(environment.storage_url)
    bucket, prefix = parts.netloc, unquote(parts.path).strip("/")
    if parts.scheme != "s3" or not _BUCKET.fullmatch(bucket) or parts.query or parts.fragment:
        raise SettingError("COMMONHOLD_STORAGE_URL: takes a bucket as s3://bucket or s3://bucket/prefix.")
    if prefix:
        try:
            check_key(prefix)
        except InvalidKeyError as fault:
            raise SettingError(
                f"COMMONHOLD_STORAGE_URL: the prefix cannot stand before keys. {fault}"
            ) from None
    if bool(environment.s3_access_key_id) != bool(environment.s3_secret_access_key):
        raise SettingError(
            "COMMONHOLD_S3_ACCESS_KEY_ID and COMMONHOLD_S3_SECRET_ACCESS_KEY: give both, or neither."
        )
    if environment.download_url_lifetime > MAX_LIFETIME:
        raise SettingError(
            f"COMMONHOLD_DOWNLOAD_URL_LIFETIME: S3 signs URLs for {MAX_LIFETIME} seconds (7 days) at most."
        )
    virtual = (
        environment.s3_addressing == "virtual"
        if environment.s3_addressing
        else not environment.s3_endpoint_url
    )
    return S3Settings(
        bucket=bucket,
        prefix=f"{prefix}/" if prefix else "",
        endpoint=environment.s3_endpoint_url,
        public_endpoint=environment.s3_public_endpoint_url,
        region=environment.s3_region,
        access_key_id=environment.s3_access_key_id,
        secret_access_key=environment.s3_secret_access_key,
        virtual_host=virtual,
    )


@lru_cache(maxsize=4)
def _s3_store(environment: Environment) -> S3Store:
    """Return one store, with one pool of connections, for a whole process."""
    return S3Store(s3_settings(environment))
