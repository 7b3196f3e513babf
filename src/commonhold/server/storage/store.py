"""The site's object store, chosen by its settings."""

from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

from commonhold.server.config.environment import Environment, SettingError
from commonhold.server.storage.filesystem import FilesystemStore
from commonhold.server.storage.interface import ObjectStore
from commonhold.server.storage.multipart import MultipartStore
from commonhold.server.storage.signing import UrlSigner


class Store(ObjectStore, MultipartStore, Protocol):
    """What a site keeps its objects in: both interfaces."""


def object_store(environment: Environment, *, public_url: str) -> Store:
    """Return the store that ``COMMONHOLD_STORAGE_URL`` names.

    Args:
        environment: the site's settings.
        public_url: the address under which people reach the embedded store.

    Raises:
        SettingError: the setting names no store that this version knows.
    """
    signer = UrlSigner(environment.secrets, public_url)
    return FilesystemStore(storage_folder(environment), signer)


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
            "COMMONHOLD_STORAGE_URL: this version keeps objects in a folder only; S3 is not supported yet. "
            "Leave the setting empty, or give a folder as file:///path."
        )
    if (
        parts.scheme != "file"
        or parts.netloc
        or not parts.path.startswith("/")
        or parts.query
        or parts.fragment
    ):
        raise SettingError("COMMONHOLD_STORAGE_URL: takes a folder such as file:///srv/objects, or nothing.")
    return Path(unquote(parts.path))
