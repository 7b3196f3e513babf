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

from commonhold.client.api import Client
from commonhold.client.archive.archive import Archive, members
from commonhold.client.archive.models import Member
from commonhold.client.cache import Cache, cached
from commonhold.client.errors import CommonholdError
from commonhold.client.settings import Settings
from commonhold.client.settings import load as load_settings
from commonhold.client.transfer.engine import Options
from commonhold.client.transfer.fetch import download
from commonhold.client.transfer.request import Outcome, Request, Watcher

__all__ = [
    "Archive",
    "Cache",
    "Client",
    "CommonholdError",
    "Member",
    "Options",
    "Outcome",
    "Request",
    "Settings",
    "Watcher",
    "cached",
    "download",
    "load_settings",
    "members",
]
