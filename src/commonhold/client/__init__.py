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

from typing import TYPE_CHECKING

from commonhold.client.access import AccessRequest
from commonhold.client.api import Client
from commonhold.client.archive.archive import Archive, members
from commonhold.client.archive.models import Member
from commonhold.client.cache import Cache, cached
from commonhold.client.errors import CommonholdError
from commonhold.client.models import Account, Dataset, DatasetPage, Limit, Pieces, Session, Version
from commonhold.client.settings import Settings
from commonhold.client.settings import load as load_settings
from commonhold.client.sign_in import DeviceCodes, DeviceKey
from commonhold.client.submissions import PartAddress, Submission, UploadSession, UploadState
from commonhold.client.transfer.engine import Options
from commonhold.client.transfer.fetch import download
from commonhold.client.transfer.request import Outcome, Request, Watcher

if TYPE_CHECKING:
    from commonhold.client.asynchronous import AsyncClient
    from commonhold.client.tables.load import load

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


def __getattr__(name: str) -> object:
    """Load what few programs need, and what takes long, when it is first asked for."""
    if name == "AsyncClient":
        from commonhold.client.asynchronous import AsyncClient  # noqa: PLC0415

        return AsyncClient
    if name == "load":
        from commonhold.client.tables.load import load  # noqa: PLC0415

        return load
    message = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(message)
