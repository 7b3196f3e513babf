"""The Python face of Commonhold: search a data collective, and download from it, resumable and verified.

Nothing here needs more than Python itself::

    from pathlib import Path

    from commonhold import client

    with client.Client(client.load_settings()) as site:
        print(client.download(site, client.Request("greetings-in-fifty-languages", Path())).path)

One member of an archive, without fetching the rest::

    with client.Client(client.load_settings()) as site, client.members(site, "greetings") as archive:
        print([member.name for member in archive])
        print(archive.read("greetings.tsv").decode())
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from commonhold.client.account import Account, Limit
    from commonhold.client.api import Client
    from commonhold.client.archive.archive import Archive, members
    from commonhold.client.archive.models import Member
    from commonhold.client.asynchronous import AsyncClient
    from commonhold.client.cache import Cache, cached
    from commonhold.client.errors import CommonholdError
    from commonhold.client.models import Dataset, DatasetPage, Pieces, Session, Version
    from commonhold.client.people import AccessRequest, DeviceCodes, DeviceKey
    from commonhold.client.settings import Settings
    from commonhold.client.settings import load as load_settings
    from commonhold.client.submissions import PartAddress, Submission, UploadSession, UploadState
    from commonhold.client.tables.load import load
    from commonhold.client.transfer.engine import Options
    from commonhold.client.transfer.fetch import download
    from commonhold.client.transfer.request import Outcome, Request, Watcher

__all__ = [
    "AccessRequest",
    "Account",
    "Archive",
    "AsyncClient",
    "Cache",
    "Client",
    "CommonholdError",
    "Dataset",
    "DatasetPage",
    "DeviceCodes",
    "DeviceKey",
    "Limit",
    "Member",
    "Options",
    "Outcome",
    "PartAddress",
    "Pieces",
    "Request",
    "Session",
    "Settings",
    "Submission",
    "UploadSession",
    "UploadState",
    "Version",
    "Watcher",
    "cached",
    "download",
    "load",
    "load_settings",
    "members",
]

# Where each name is at home. Loaded when it is first asked for: the command, above all, uses few of them at a time.
_HOMES = {
    "AccessRequest": "people",
    "Account": "account",
    "Archive": "archive.archive",
    "AsyncClient": "asynchronous",
    "Cache": "cache",
    "Client": "api",
    "CommonholdError": "errors",
    "Dataset": "models",
    "DatasetPage": "models",
    "DeviceCodes": "people",
    "DeviceKey": "people",
    "Limit": "account",
    "Member": "archive.models",
    "Options": "transfer.engine",
    "Outcome": "transfer.request",
    "PartAddress": "submissions",
    "Pieces": "models",
    "Request": "transfer.request",
    "Session": "models",
    "Settings": "settings",
    "Submission": "submissions",
    "UploadSession": "submissions",
    "UploadState": "submissions",
    "Version": "models",
    "Watcher": "transfer.request",
    "cached": "cache",
    "download": "transfer.fetch",
    "load": "tables.load",
    "load_settings": "settings:load",
    "members": "archive.archive",
}


def __getattr__(name: str) -> object:
    """Load a name of this package's when it is first asked for."""
    home = _HOMES.get(name)
    if home is None:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    module, _, known_there = home.partition(":")
    found: object = getattr(import_module(f"commonhold.client.{module}"), known_there or name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
