"""Where the site is, which key to use, and where files go.

Options come first, then the environment, then the stored sign-in.

The stored sign-in is one file, ``$XDG_CONFIG_HOME/commonhold/credentials.json``, readable by its owner only,
with the API addresses and the one signed in to last. The keys are in the system's keyring where there is one that
works, else in the same file.
"""

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from commonhold.client import vault
from commonhold.client.errors import LocalFileError, UsageError
from commonhold.client.http.network import is_loopback
from commonhold.client.keys import fault

DEFAULT_API_URL = "http://127.0.0.1:8000/api"
#: Where a key was found that is in no file.
KEYRING = "the system keyring"
_LARGEST_FILE = 1 << 20
_HOST = re.compile(r"[^/?#]+")


def api_url(text: str) -> str:
    """Read the address of an API as a person writes it: a bare site gets its scheme and ``/api``.

    Raises:
        UsageError: it is no address, or one that holds a password.
    """
    address = text.strip()
    if "://" not in address:
        host = _HOST.match(address)
        name = urlsplit(f"//{host.group()}").hostname if host else None
        address = f"{'http' if name and is_loopback(name) else 'https'}://{address}"
    try:
        parts = urlsplit(address)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable or parts.query or parts.fragment or re.search(r"[\s\x00-\x1f]", address):
        raise UsageError(
            f"{text!r} is not the address of a site.", hint="Write it like https://data.example.org"
        )
    if parts.username is not None:
        raise UsageError(
            "The address holds a user or a key, which would show up in messages.",
            hint="Leave it out and run: commonhold login",
        )
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/') or '/api'}"


def credentials_path(environ: Mapping[str, str]) -> Path:
    """Return where the sign-in is stored."""
    base = environ.get("XDG_CONFIG_HOME", "")
    folder = Path(base) if base and Path(base).is_absolute() else Path.home() / ".config"
    return folder / "commonhold" / "credentials.json"


class Credentials:
    """The stored sign-ins of one person on this machine."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def _load(self) -> dict[str, Any]:
        try:
            with self.path.open(encoding="utf-8") as file:
                content = json.loads(file.read(_LARGEST_FILE))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            raise LocalFileError(
                f"{self.path} cannot be read: {error}.", hint="Remove the file and run: commonhold login"
            ) from error
        return content if isinstance(content, dict) else {}

    @property
    def current(self) -> str | None:
        """The API address that was signed in to last."""
        value = self._load().get("current")
        return value if isinstance(value, str) else None

    def key_for(self, url: str) -> str | None:
        """Return the key stored for an API address."""
        return self.find(url)[0]

    def find(self, url: str) -> tuple[str | None, str]:
        """Return the key stored for an API address, and where it was found."""
        sites = self._load().get("sites")
        site = sites.get(url) if isinstance(sites, dict) else None
        if isinstance(site, dict) and site.get("keyring") is True:
            return vault.find(url), KEYRING
        key = site.get("key") if isinstance(site, dict) else None
        return (key if isinstance(key, str) else None), str(self.path)

    def store(self, url: str, key: str) -> str:
        """Keep a key for an API address, which becomes the current one; return where the key is."""
        content = self._load()
        sites = content.get("sites")
        sites = sites if isinstance(sites, dict) else {}
        in_keyring = vault.keep(url, key)
        entry: dict[str, object] = {"keyring": True} if in_keyring else {"key": key}
        self._write({"current": url, "sites": {**sites, url: entry}})
        return KEYRING if in_keyring else str(self.path)

    def forget(self, url: str) -> bool:
        """Forget the key of an API address; False when there was none."""
        content = self._load()
        sites = content.get("sites")
        if not isinstance(sites, dict) or url not in sites:
            return False
        if isinstance(sites[url], dict) and sites[url].get("keyring") is True:
            vault.forget(url)
        rest = {address: site for address, site in sites.items() if address != url}
        current = content.get("current") if content.get("current") != url else next(iter(rest), None)
        self._write({"current": current, "sites": rest})
        return True

    def _write(self, content: Mapping[str, Any]) -> None:
        draft = self.path.with_name(f".{self.path.name}.{os.urandom(4).hex()}")
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                json.dump(content, file, indent=2)
            draft.replace(self.path)
        except OSError as error:
            draft.unlink(missing_ok=True)
            raise LocalFileError(
                f"The sign-in cannot be stored in {self.path}: {error.strerror}.",
                hint="Set COMMONHOLD_API_KEY instead, or make the folder writable.",
            ) from error


@dataclass(frozen=True)
class Settings:
    """What a client needs to know. ``key_source`` says where the key was found, for messages."""

    api_url: str
    key: str | None = field(repr=False)
    key_source: str
    download_folder: Path


def _first(environ: Mapping[str, str], name: str) -> tuple[str, str]:
    for prefix in ("COMMONHOLD", "MDC"):
        value = environ.get(f"{prefix}_{name}", "").strip()
        if value:
            return value, f"{prefix}_{name}"
    return "", ""


def load(
    *,
    url: str | None = None,
    key_file: Path | None = None,
    environ: Mapping[str, str] | None = None,
) -> Settings:
    """Find the settings: the arguments first, then the environment, then the stored sign-in.

    Raises:
        UsageError: one of them cannot be meant; a key whose form shows a typo is one.
        LocalFileError: the key file or the stored sign-in cannot be read.
    """
    surroundings = os.environ if environ is None else environ
    stored = Credentials(credentials_path(surroundings))
    named_key, key_source = _first(surroundings, "API_KEY")
    named_url = url or _first(surroundings, "API_URL")[0]
    address = api_url(named_url) if named_url else (stored.current or DEFAULT_API_URL)
    key: str | None = named_key or None
    if key_file is not None:
        key, key_source = _read_key(key_file), str(key_file)
    elif key is None:
        key, key_source = stored.find(address)
    if key is not None:
        why = fault(key)
        if why:
            raise UsageError(
                f"The API key in {key_source} is mistyped: {why}.",
                hint="Copy it again from your profile page; nothing was sent.",
            )
    folder = _first(surroundings, "DOWNLOAD_PATH")[0]
    return Settings(address, key, key_source, Path(folder).expanduser() if folder else Path())


def _read_key(path: Path) -> str:
    try:
        with path.open(encoding="utf-8") as file:
            return file.read(8192).strip()
    except (OSError, ValueError) as error:
        raise LocalFileError(
            f"The key file {path} cannot be read: {error}.", hint="Check its path and mode."
        ) from error
