"""The Python face of Commonhold: search a data collective, and download from it, resumable and verified.

Nothing here needs more than Python itself::

    from pathlib import Path

    from commonhold import client

    with client.Client(client.load_settings()) as site:
        print(client.download(site, client.Request("greetings-in-fifty-languages", Path())).path)
"""

from commonhold.client.api import Client
from commonhold.client.errors import CommonholdError
from commonhold.client.settings import Settings
from commonhold.client.settings import load as load_settings
from commonhold.client.transfer.engine import Options
from commonhold.client.transfer.fetch import download
from commonhold.client.transfer.request import Outcome, Request, Watcher

__all__ = [
    "Client",
    "CommonholdError",
    "Options",
    "Outcome",
    "Request",
    "Settings",
    "Watcher",
    "download",
    "load_settings",
]
