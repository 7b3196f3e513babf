"""``python -m commonhold.server.storage.embedded [--bind HOST:PORT]``: serve the embedded store."""

import argparse
import logging
import sys
from urllib.parse import urlsplit

from commonhold.server.config.environment import environment
from commonhold.server.config.values import SettingError
from commonhold.server.storage.embedded.server import AddressInUseError, run

DEFAULT_BIND = "127.0.0.1:8001"


def main(arguments: list[str]) -> int:
    """Serve until told to stop; return the exit code: 0, or 2 for a setting or an address that cannot be."""
    parser = argparse.ArgumentParser(
        prog="python -m commonhold.server.storage.embedded", description="Serve the embedded object store."
    )
    parser.add_argument(
        "--bind",
        metavar="HOST:PORT",
        help=f"address to listen on (default: COMMONHOLD_STORAGE_BIND, else {DEFAULT_BIND})",
    )
    options = parser.parse_args(arguments)
    logging.basicConfig(format="%(name)s: %(message)s", level=logging.INFO)
    try:
        settings = environment()
        host, port = _address(options.bind or settings.storage_bind or DEFAULT_BIND)
        run(settings, host, port)
    except (SettingError, AddressInUseError) as fault:
        print(fault, file=sys.stderr)  # noqa: T201 -- the one line a person reads
        return 2
    return 0


def _address(text: str) -> tuple[str, int]:
    try:
        parts = urlsplit(f"//{text}")
        host, port = parts.hostname, parts.port
    except ValueError:
        host = port = None
    if not host or not port or parts.netloc != text or "@" in text:
        raise SettingError(f"{text!r} is no address to listen on: give HOST:PORT, as {DEFAULT_BIND}.")
    return host, port


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
