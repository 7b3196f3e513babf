"""Where the site and its embedded store listen, and under which address people reach them."""

import socket

from commonhold.server.config.environment import Environment
from commonhold.server.config.values import SettingError

WILDCARDS = {"0.0.0.0", "::"}  # noqa: S104  recognized here, bound only where the operator asks for it


def split_bind(bind: str, setting: str = "--bind") -> tuple[str, int]:
    """Return host and port of ``HOST:PORT`` (IPv6 in brackets).

    Raises:
        SettingError: that is no address.
    """
    host, _, port = bind.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not host or not port.isascii() or not port.isdigit() or not 0 < int(port) < 65536:
        message = f"{setting}: takes HOST:PORT, such as 127.0.0.1:8000, not {bind!r}"
        raise SettingError(message)
    return host, int(port)


def storage_bind(environment: Environment, site_bind: str) -> str:
    """Return where the embedded store listens: as configured, else the site's host and next port."""
    if environment.storage_bind:
        split_bind(environment.storage_bind, "COMMONHOLD_STORAGE_BIND")
        return environment.storage_bind
    host, port = split_bind(site_bind)
    return f"{'[' + host + ']' if ':' in host else host}:{port + 1}"


def storage_address(environment: Environment, host: str) -> str:
    """Return the address of the embedded store for a client that reached the site under ``host``.

    The store speaks plain HTTP; with HTTPS before it, ``COMMONHOLD_STORAGE_PUBLIC_URL`` says where.
    """
    if environment.storage_public_url:
        return environment.storage_public_url
    name = host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() and not host.endswith("]") else host
    _, port = split_bind(environment.storage_bind or "127.0.0.1:8001", "COMMONHOLD_STORAGE_BIND")
    return f"http://{name}:{port}"


def check_free(bind: str) -> None:
    """Raise SettingError, naming the address, where something listens there already or it cannot be had."""
    host, port = split_bind(bind)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            message = f"cannot listen on {bind}: {error.strerror}. Stop what uses it, or choose another with --bind."
            raise SettingError(message) from error
