"""The options that all commands about a site share, and what they become."""

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import click

from commonhold.cli.output import Output
from commonhold.client.api import Client
from commonhold.client.http.network import is_loopback
from commonhold.client.keys import is_foreign
from commonhold.client.settings import Settings, load


class Command(click.Command):
    """A command whose ``epilog`` is a list of examples, shown as they stand."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples."""
        del ctx
        with formatter.section("Examples"):
            for line in (self.epilog or "").splitlines():
                formatter.write(f"  {line}\n")


class Site(NamedTuple):
    """The site a command is about, and where its words go."""

    output: Output
    api_url: str | None
    key_file: Path | None
    max_wait: float

    def settings(self) -> Settings:
        """Find the settings, and warn of what looks wrong with them."""
        found = load(url=self.api_url, key_file=self.key_file)
        if found.key is not None:
            if is_foreign(found.key):
                self.output.message(
                    "Note: the API key does not begin with chk_, so its form was not checked."
                )
            host = found.api_url.partition("://")[2].partition("/")[0].rpartition(":")[0]
            if found.api_url.startswith("http://") and not is_loopback(
                host or found.api_url[7:].partition("/")[0]
            ):
                self.output.message(
                    "Note: the key goes over the network unencrypted; use https where you can."
                )
        return found

    def client(self) -> Client:
        """Return a client for the site."""
        return Client(self.settings(), max_wait=self.max_wait, on_wait=self._waits)

    def _waits(self, seconds: float, why: str) -> None:
        if seconds >= 1:
            self.output.message(f"{why} Trying again in {seconds:.0f} s.")


def output_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--json`` and ``--quiet``; the function takes an ``output``."""

    @click.option("--json", "as_json", is_flag=True, help="Write the result as JSON.")
    @click.option("--quiet", "-q", is_flag=True, help="Write no messages and no progress.")
    @functools.wraps(function)
    def wrapped(*args: Any, as_json: bool, quiet: bool, **kwargs: Any) -> Any:
        return function(*args, output=Output(as_json, quiet), **kwargs)

    return wrapped


def site_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say which site; the function takes a ``site``."""

    @click.option("--api-url", metavar="URL", help="The site, or its API. Default: where you signed in last.")
    @click.option(
        "--api-key-file",
        "key_file",
        type=click.Path(path_type=Path, dir_okay=False),
        metavar="FILE",
        help="File that holds the API key.",
    )
    @click.option(
        "--max-wait",
        type=click.FloatRange(min=0),
        default=120.0,
        show_default=True,
        metavar="SECONDS",
        help="Longest wait for a busy site, or without any progress, before giving up.",
    )
    @output_options
    @functools.wraps(function)
    def wrapped(
        *args: Any,
        api_url: str | None,
        key_file: Path | None,
        max_wait: float,
        output: Output,
        **kwargs: Any,
    ) -> Any:
        return function(*args, site=Site(output, api_url, key_file, max_wait), **kwargs)

    return wrapped


def proof_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--proof``: how much of what is read of an archive must be proven."""
    return click.option(
        "--proof",
        type=click.Choice(["auto", "always", "never"]),
        default="auto",
        show_default=True,
        help="Hold what is read against the hashes of the archive's pieces: where that costs little, always, "
        "or never.",
    )(function)
