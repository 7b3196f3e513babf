"""Archives as a read-only file system of fsspec: ``commonhold://dataset@version/member``.

What reads through fsspec (pandas, polars, pyarrow, dask, zarr …) then reads one file out of a large archive, under the
same terms and the same quota as a download, without fetching the rest.
"""

import io
import threading
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from fsspec import AbstractFileSystem

from commonhold.client import errors
from commonhold.client.api import Client
from commonhold.client.archive.archive import Archive
from commonhold.client.archive.folder import inside
from commonhold.client.archive.models import FOLDER, Member
from commonhold.client.settings import load

Result = TypeVar("Result")
_DIRECTORY = "directory"


@dataclass(frozen=True)
class Place:
    """A path, taken apart: ``root`` is the dataset as it was written, with its version where there is one."""

    root: str
    dataset: str
    version: int | None
    member: str

    @classmethod
    def read(cls, path: str) -> "Place":
        """Read a path without its protocol.

        Raises:
            FileNotFoundError: it names no dataset, or a version that is no number.
        """
        root, _, member = path.partition("/")
        dataset, _, version = root.partition("@")
        if not dataset or (version and not (version.isascii() and version.isdigit() and len(version) < 10)):
            raise FileNotFoundError(f"{path!r} names no dataset: write commonhold://dataset@version/member")
        return cls(root, dataset, int(version) if version else None, member.strip("/"))

    def path(self, member: str) -> str:
        """Return the path of a member beside this one."""
        return f"{self.root}/{member}" if member else self.root


class CommonholdFileSystem(AbstractFileSystem):  # type: ignore[misc]
    """Datasets as folders, the members of their archives as files.

    The key comes from where the command takes it: the environment, or the stored sign-in. Safe to share between
    threads; an open file belongs to one at a time.

    Args:
        api_url: the site, where it is not the one signed in to last.
        key_file: a file with the API key, instead of where it comes from otherwise.
        proof: how much must be proven of what is read: ``auto``, ``always`` or ``never``; see ``client.Archive``.
    """

    protocol = "commonhold"
    root_marker = ""

    def __init__(
        self,
        api_url: str | None = None,
        key_file: str | None = None,
        proof: Any = "auto",
        **storage_options: Any,
    ) -> None:
        super().__init__(api_url=api_url, key_file=key_file, proof=proof, **storage_options)
        self._site = Client(load(url=api_url, key_file=Path(key_file) if key_file else None))
        self._proof = proof
        self._archives: dict[str, Archive] = {}
        self._lock = threading.RLock()
        weakref.finalize(self, _close, self._site, self._archives)

    @property
    def fsid(self) -> str:
        """Which file system this is."""
        return f"commonhold-{self._site.settings.api_url}"

    # -- what fsspec asks for

    def ls(self, path: str, detail: bool = True, **_: Any) -> list[Any]:
        """List a folder of an archive; a dataset itself is its archive's top."""
        place = self._place(path)
        entries = list(self._below(place).values())
        if not entries:
            about = self.info(path)
            entries = [] if about["type"] == _DIRECTORY else [about]
        return entries if detail else [entry["name"] for entry in entries]

    def info(self, path: str, **_: Any) -> dict[str, Any]:
        """Tell what lies at a path."""
        place = self._place(path)
        if not place.member:
            self._told(path, lambda: self._archive(place))
            return _folder(place.root)
        found = self._told(path, lambda: self._find(place))
        if found is not None:
            return _entry(place.path(place.member), found)
        if self._told(path, lambda: next(self._members(place), None)) is None:
            raise FileNotFoundError(path)
        return _folder(place.path(place.member))

    def find(
        self,
        path: str,
        maxdepth: int | None = None,
        withdirs: bool = False,
        detail: bool = False,
        **more: Any,
    ) -> Any:
        """List all files below a path, in one go where nothing else is asked for."""
        if maxdepth is not None or withdirs:
            return super().find(path, maxdepth=maxdepth, withdirs=withdirs, detail=detail, **more)
        place = self._place(path)
        found = {
            place.path(member.name): _entry(place.path(member.name), member)
            for member in self._told(path, lambda: list(self._members(place)))
            if member.is_file
        }
        if not found and place.member:
            about = self.info(path)
            found = {about["name"]: about} if about["type"] == "file" else {}
        names = sorted(found)
        return {name: found[name] for name in names} if detail else names

    def cat(self, path: Any, recursive: bool = False, on_error: str = "raise", **more: Any) -> Any:
        """Return what files hold; of several in one archive, neighbors are fetched in one go."""
        paths = self.expand_path(path, recursive=recursive)
        is_one = isinstance(path, str) and len(paths) == 1 and paths[0] == self._strip_protocol(path)
        if is_one or on_error != "raise":
            return super().cat(path, recursive=recursive, on_error=on_error, **more)
        by_root: dict[str, list[Place]] = {}
        for one in paths:
            place = self._place(one)
            by_root.setdefault(place.root, []).append(place)
        found: dict[str, bytes] = {}
        for places in by_root.values():
            found |= self._told(places[0].root, partial(self._together, places))
        return {one: found[one] for one in paths if one in found}

    def cat_file(self, path: str, start: int | None = None, end: int | None = None, **_: Any) -> bytes:
        """Return a file, or its bytes from ``start`` to ``end`` (not included; counted from the end where negative)."""
        with self._open(path) as file:
            size = file.seek(0, io.SEEK_END)
            first, last, _step = slice(start, end).indices(size)
            file.seek(first)
            return file.read(max(0, last - first))

    def _open(self, path: str, mode: str = "rb", **_: Any) -> io.BufferedReader:
        if mode != "rb":
            raise PermissionError("Archives can only be read.")
        place = self._place(path)
        # An archive of its own: two files that are read by turns must not share a connection.
        archive = self._told(path, lambda: self._opened(place))
        try:
            raw = _Closing(archive, self._told(path, lambda: archive.open(_must(place.member, path))))
        except BaseException:
            archive.close()
            raise
        return io.BufferedReader(raw)

    def ukey(self, path: str) -> str:
        """Return what changes when the content does: the archive's checksum, and where in it the file lies."""
        place = self._place(path)
        about = self._told(path, lambda: self._archive(place)).about
        return f"{about.dataset}@{about.version}:{about.checksum}:{place.member}"

    def invalidate_cache(self, path: str | None = None) -> None:
        """Forget what was listed, so that a dataset without a version means its current one anew."""
        with self._lock:
            for root in list(self._archives):
                if path is None or self._place(path).root == root:
                    self._archives.pop(root).close()
        super().invalidate_cache(path)

    # -- the inside

    def _place(self, path: str) -> Place:
        stripped = self._strip_protocol(path)
        if not stripped:
            raise FileNotFoundError("Name a dataset: commonhold://dataset@version/member")
        return Place.read(stripped)

    def _opened(self, place: Place) -> Archive:
        return Archive(self._site, place.dataset, version=self._version(place), proof=self._proof)

    def _version(self, place: Place) -> int | None:
        """Without a version, the one that was the current one when this was first asked stays it."""
        known = self._archives.get(place.root)
        return known.about.version if known is not None else place.version

    def _archive(self, place: Place) -> Archive:
        """Return the archive that is asked about members; for listing only, and under the lock."""
        with self._lock:
            found = self._archives.get(place.root)
            if found is None:
                found = self._archives[place.root] = self._opened(place)
            return found

    def _find(self, place: Place) -> Member | None:
        with self._lock:
            try:
                return self._archive(place).find(place.member)
            except errors.NotFoundError as error:
                if isinstance(error, errors.GoneError):
                    raise
                return None

    def _members(self, place: Place) -> Iterator[Member]:
        """Yield what lies below a path, without names that could lead out of a folder they are copied to."""
        with self._lock:
            prefix = f"{place.member}/" if place.member else ""
            for member in self._archive(place).list(prefix):
                if _is_harmless(member.name):
                    yield member

    def _below(self, place: Place) -> dict[str, dict[str, Any]]:
        """Return what lies directly in a folder, by name."""
        start = len(place.member) + 1 if place.member else 0
        found: dict[str, dict[str, Any]] = {}
        for member in self._told(place.root, lambda: list(self._members(place))):
            rest = member.name[start:].strip("/")
            name, _, deeper = rest.partition("/")
            if not name:
                continue
            path = place.path(member.name[:start] + name)
            if deeper or member.kind == FOLDER:
                found.setdefault(path, _folder(path))
            else:
                found[path] = _entry(path, member)
        return found

    def _together(self, places: Sequence[Place]) -> dict[str, bytes]:
        with self._opened(places[0]) as archive:
            members = {}
            for place in places:
                member = archive.find(place.member)
                if member.is_file:
                    members[member.name] = (place.path(place.member), member)
            wanted = [member for _, member in members.values()]
            return {
                members[content.member.name][0]: b"".join(content.chunks)
                for content in archive.contents(wanted)
            }

    def _told(self, path: str, call: Callable[[], Result]) -> Result:
        """Make a call, and turn what it raises into what file systems raise."""
        with _as_file_errors(path):
            return call()


class _Closing(io.RawIOBase):
    """An open member, which closes its archive with itself."""

    def __init__(self, archive: Archive, file: io.BufferedReader) -> None:
        self._archive, self._file = archive, file

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def readinto(self, buffer: "memoryview | bytearray") -> int:  # type: ignore[override]
        with _as_file_errors("the member"):
            return self._file.readinto1(buffer)

    def close(self) -> None:
        if not self.closed:
            self._file.close()
            self._archive.close()
        super().close()


@contextmanager
def _as_file_errors(path: str) -> Iterator[None]:
    try:
        yield
    except errors.NotFoundError as error:
        raise FileNotFoundError(f"{path}: {error.message}") from error
    except errors.NotAllowedError as error:
        raise PermissionError(f"{path}: {error.message} {error.hint}".strip()) from error
    except errors.CommonholdError as error:
        raise OSError(f"{path}: {error.message} {error.hint}".strip()) from error


def _close(site: Client, archives: dict[str, Archive]) -> None:
    """Close what a file system that nobody holds any more leaves open."""
    for archive in archives.values():
        archive.close()
    site.close()


def _must(member: str, path: str) -> str:
    if not member:
        raise IsADirectoryError(path)
    return member


def _is_harmless(name: str) -> bool:
    try:
        inside(name)
    except errors.CorruptError:
        return False
    return True


def _folder(path: str) -> dict[str, Any]:
    return {"name": path, "size": 0, "type": _DIRECTORY}


def _entry(path: str, member: Member) -> dict[str, Any]:
    if member.kind == FOLDER:
        return _folder(path)
    facts: Mapping[str, Any] = {
        "name": path,
        "size": member.size,
        "type": "file" if member.is_file else "link",
    }
    return dict(facts)
