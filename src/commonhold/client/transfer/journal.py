"""What an unfinished download must remember: what, from where, how far the disk has surely come.

The journal holds an address that lets anyone fetch the file, so nobody else may read it.
"""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple, Self

from commonhold.client.fields import web_address
from commonhold.client.transfer.layout import read_json, write_json
from commonhold.client.transfer.lock import boot_id
from commonhold.client.transfer.part import local_fault
from commonhold.client.transfer.question import as_key
from commonhold.client.transfer.source import Grant, Identity

_FORMAT = 1


class Subject(NamedTuple):
    """What is fetched. Two downloads with the same subject may share their bytes."""

    api_url: str
    kind: str
    dataset: str
    version: int | None
    filename: str
    size: int
    checksum: str | None
    segment: int


@dataclass(frozen=True, eq=False, repr=False)
class Journal:
    """The memory of one unfinished download.

    Attributes:
        subject: what is fetched.
        grant: from where, and until when; None before the site has granted anything.
        identity: how the storage names the content.
        nonce: ties the marks file to this journal.
        boot: the run of the machine in which the marks were made.
        file: device and inode of the file they speak of.
        durable: the segments that the disk had for certain, at the last look.
        asking: the key of a question whose answer is not noted yet, or an empty text.
    """

    subject: Subject
    grant: Grant | None = None
    identity: Identity = field(default_factory=Identity)
    nonce: bytes = field(default_factory=lambda: os.urandom(16))
    boot: str = field(default_factory=boot_id)
    file: str = ""
    durable: frozenset[int] = frozenset()
    asking: str = ""

    @property
    def is_of_this_boot(self) -> bool:
        """Whether the machine has run on since, so that what was written can be read back."""
        return bool(self.boot) and self.boot == boot_id()

    @property
    def granted(self) -> Grant:
        """The address, once there is one."""
        if self.grant is None:
            raise ValueError("the site has granted nothing yet")
        return self.grant

    def grant_at(self, now: float) -> Grant | None:
        """Return the address, if it can be used."""
        return self.grant if self.grant and self.grant.is_alive(now) else None

    def with_grant(self, grant: Grant) -> "Journal":
        """Return it with the answer to its question."""
        return replace(self, grant=grant, asking="")

    def with_durable(self, indexes: Iterable[int]) -> "Journal":
        """Return it with other segments known to be on disk."""
        return replace(self, durable=frozenset(indexes))

    def write(self, path: Path) -> None:
        """Replace what is at ``path``.

        Raises:
            LocalFileError: it cannot be written.
        """
        bits = bytearray(max(self.durable, default=-1) // 8 + 1)
        for index in self.durable:
            bits[index // 8] |= 1 << index % 8
        subject = self.subject
        content = {
            "format": _FORMAT,
            "subject": subject._asdict(),
            "url": self.grant.url if self.grant else None,
            "granted_at": self.grant.granted_at if self.grant else 0.0,
            "expires_at": self.grant.expires_at if self.grant else None,
            "asking": self.asking,
            "etag": self.identity.etag,
            "modified": self.identity.modified,
            "nonce": self.nonce.hex(),
            "boot": self.boot,
            "file": self.file,
            "durable": bits.hex(),
        }
        try:
            write_json(path, content, secret=True)
        except OSError as error:
            raise local_fault(error, path) from error

    @classmethod
    def read(cls, path: Path) -> Self | None:
        """Read what is at ``path``; None where there is nothing of use."""
        content = read_json(path)
        if content is None or content.get("format") != _FORMAT:
            return None
        try:
            return cls._from(content)
        except (KeyError, TypeError, ValueError):
            return None  # written by another version, or damaged: starting over is always right

    @classmethod
    def _from(cls, content: Mapping[str, Any]) -> Self:
        url = web_address(content["url"])
        asking = as_key(content.get("asking"))  # versions before did not ask with a key
        nonce = bytes.fromhex(content["nonce"])
        if (url is None and not asking) or len(nonce) != 16:
            raise ValueError("no journal of this program")
        granted, expires = float(content["granted_at"]), content["expires_at"]
        ends = None if expires is None else float(expires)
        bits = bytes.fromhex(content["durable"])
        return cls(
            subject=Subject(**content["subject"]),
            grant=None if url is None else Grant(url, granted, ends, is_fresh=False),
            identity=Identity(str(content["etag"]), str(content["modified"])),
            nonce=nonce,
            boot=str(content["boot"]),
            file=str(content["file"]),
            durable=frozenset(
                8 * place + bit for place, byte in enumerate(bits) for bit in range(8) if byte >> bit & 1
            ),
            asking=asking,
        )
