"""What a site tells of the members of an archive, as plain frozen values."""

import base64
import binascii
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from commonhold.client.errors import ProtocolError
from commonhold.client.fields import mapping, sha256, whole

TAR_GZ, ZIP = "tar.gz", "zip"
FILE, FOLDER, LINK = "file", "folder", "link"
_WINDOW = 32 << 10


def _wrong(what: str) -> ProtocolError:
    return ProtocolError(
        f"The site's list of members holds {what} that cannot be right.",
        hint="Download the whole archive instead, and tell the people who run the site.",
    )


@dataclass(frozen=True)
class Point:
    """A place in a gzip file at which unpacking can begin.

    Attributes:
        lead: raw deflate that comes before the file's bytes; its last byte is completed by the upper bits
            (``mask``) of the first byte fetched.
        mask: see there.
        window: up to 32 KiB that were unpacked before, the inflater's dictionary.
    """

    lead: bytes = field(repr=False)
    mask: int
    window: bytes = field(repr=False)

    @classmethod
    def read(cls, answer: object) -> Self:
        """Read one from a JSON object.

        Raises:
            ProtocolError: unpacking cannot begin with it.
        """
        source = mapping(answer, "a point")
        try:
            lead = base64.b64decode(source["lead"], validate=True)
            packed = base64.b64decode(source["window"], validate=True)
            inflater = zlib.decompressobj()
            window = inflater.decompress(packed, _WINDOW + 1)
            mask = int(source["mask"])
        except (KeyError, TypeError, ValueError, binascii.Error, zlib.error) as error:
            raise _wrong("a point") from error
        if len(window) > _WINDOW or len(lead) > 64 or not 0 <= mask <= 0xFF:
            raise _wrong("a point")
        return cls(lead, mask, window)


@dataclass(frozen=True)
class Member:
    """One member of an archive, and where it lies.

    Attributes:
        number: its place in the archive, from 1.
        name: its path.
        kind: ``file``, ``folder`` or ``link``.
        size: bytes of its content.
        start: the first byte of the archive that is needed for it.
        end: the byte after the last.
        deflated: in a zip, whether the content is packed.
        skip: in a tar.gz, bytes to pass over once unpacked.
        offset: in a tar.gz, where the content begins in the unpacked archive; in a zip, where its local
            header begins; None where the site does not say.
        point: in a tar.gz, where unpacking begins; None where it was not asked for, or at the beginning.
    """

    number: int
    name: str
    kind: str
    size: int
    start: int
    end: int
    deflated: bool
    skip: int
    offset: int | None
    point: Point | None = field(default=None, repr=False)

    @property
    def is_file(self) -> bool:
        """Whether it has content of its own."""
        return self.kind == FILE

    @classmethod
    def read(cls, answer: object, archive_size: int) -> Self:
        """Read one from a JSON object."""
        source = mapping(answer, "a member")
        name, kind = source.get("name"), source.get("kind")
        start, end = whole(source.get("start"), "a start"), whole(source.get("end"), "an end")
        if not isinstance(name, str) or not name or kind not in {FILE, FOLDER, LINK}:
            raise _wrong("a member")
        if not start <= end <= archive_size:
            raise _wrong("a range")
        return cls(
            number=whole(source.get("number"), "a number"),
            name=name,
            kind=str(kind),
            size=whole(source.get("size"), "a size"),
            start=start,
            end=end,
            deflated=source.get("deflated") is True,
            skip=whole(source.get("skip"), "a distance"),
            offset=None if source.get("offset") is None else whole(source["offset"], "an offset"),
            point=None if source.get("point") is None else Point.read(source["point"]),
        )


@dataclass(frozen=True)
class MemberPage:
    """A page of the members of one archive; ``following`` is the ``after`` of the next page, None at the end."""

    dataset: str
    version: int | None
    filename: str
    size_bytes: int
    checksum: str | None
    archive: str
    total: int
    items: tuple[Member, ...]
    following: int | None
    raw: Mapping[str, Any] = field(repr=False, compare=False)

    @classmethod
    def read(cls, answer: object) -> Self:
        """Read one from a JSON object."""
        source = mapping(answer, "a list of members")
        size = whole(source.get("sizeBytes"), "a size")
        items, dataset, kind = source.get("items"), source.get("datasetId"), source.get("archive")
        if not isinstance(items, list) or not isinstance(dataset, str) or kind not in {TAR_GZ, ZIP}:
            raise _wrong("something")
        filename, version, following = source.get("filename"), source.get("version"), source.get("next")
        return cls(
            dataset=dataset,
            version=None if version is None else whole(version, "a version"),
            filename=filename if isinstance(filename, str) else "",
            size_bytes=size,
            checksum=sha256(source.get("checksum")),
            archive=str(kind),
            total=whole(source.get("total"), "a total"),
            items=tuple(Member.read(item, size) for item in items),
            following=None if following is None else whole(following, "a number"),
            raw=source,
        )
