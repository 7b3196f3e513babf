"""The data folder, and the secret key that a site makes for itself and keeps there."""

import os
import secrets
from pathlib import Path

from commonhold.server.config.values import SettingError


def secret_file(data: Path) -> Path:
    """Return where the generated secret key lies."""
    return data / "secret-key"


def generated_secret(data: Path, in_use: str) -> str | None:
    """Return the secret key that lies in the data folder, or None where another one is in use."""
    try:
        kept = secret_file(data).read_text().strip()
    except FileNotFoundError:
        return None
    return kept if kept == in_use else None


def make_data_folder(data: Path) -> None:
    """Make the data folder, where it is missing.

    Raises:
        SettingError: it cannot be made.
    """
    try:
        data.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _unusable(data, error) from error


def _unusable(data: Path, error: OSError) -> SettingError:
    return SettingError(f"COMMONHOLD_DATA: {data} cannot be used: {error.strerror or error}")


def kept_secret(data: Path) -> str:
    """Return the secret key that lies in the data folder, made by whoever asks first.

    Raises:
        SettingError: it cannot be read, or not be made.
    """
    make_data_folder(data)
    try:
        return _secret_in(data)
    except OSError as error:
        raise _unusable(data, error) from error


def _secret_in(data: Path) -> str:
    path = secret_file(data)
    if path.exists():
        return path.read_text().strip()
    secret = secrets.token_urlsafe(48)
    # Written aside and linked into place: of two processes that start at once, both end with the same secret.
    draft = data / f".secret-key.{os.getpid()}"
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(secret + "\n")
    try:
        os.link(draft, path)
    except FileExistsError:
        return path.read_text().strip()
    finally:
        draft.unlink()
    return secret
