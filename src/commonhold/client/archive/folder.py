"""Making what an archive holds in a folder, so that nothing in an archive can reach out of it.

A file gets its name once all of it is there. Links are made last, when nothing more is written, and only those
that stay inside, whatever other links do: leading ``..`` up to the folder, and none after a name. Devices are never
made.
"""

import contextlib
import os
import secrets
import stat
import unicodedata
from collections.abc import Iterable
from pathlib import Path

from commonhold.client.errors import CorruptError, DiskFullError, LocalFileError
from commonhold.client.transfer.part import local_fault
from commonhold.client.transfer.positional import free_space

_LONGEST = 4096
_FORBIDDEN_ON_WINDOWS = set('<>:"|?*')
_SUFFIX = ".commonhold-part"


def inside(name: str) -> tuple[str, ...]:
    """Return the steps of a member's name, which lead to a place below the folder.

    Raises:
        CorruptError: it could lead elsewhere, or misleads.
    """
    steps = tuple(step for step in name.split("/") if step not in {"", "."})
    is_bad = (
        not steps
        or ".." in steps
        or name.startswith("/")
        or "\\" in name
        or not _can_be_a_name(name)
        or (len(steps[0]) > 1 and steps[0][1] == ":")
        or (os.name == "nt" and not _FORBIDDEN_ON_WINDOWS.isdisjoint(name))
    )
    if is_bad:
        raise CorruptError(
            f"The archive holds a member named {name[:80]!r}, which could lead out of the folder.",
            hint="Nothing was made of it. Tell the people who published it.",
        )
    return steps


def _can_be_a_name(name: str) -> bool:
    try:
        # Bytes that are no UTF-8 are kept as tarfile brings them, where names are bytes.
        length = len(name.encode(errors="surrogateescape" if os.name == "posix" else "strict"))
    except UnicodeEncodeError:
        return False
    return length <= _LONGEST and all(unicodedata.category(one) not in {"Cc", "Zl", "Zp"} for one in name)


class Folder:
    """A folder that is filled from an archive.

    Args:
        path: the folder, made when it is not there.
        overwrite: whether a file that is there is replaced.
    """

    def __init__(self, path: Path, *, overwrite: bool = False) -> None:
        self.path = path
        self._overwrite = overwrite
        self._made: set[Path] = set()
        self._links: list[tuple[Path, str]] = []
        try:
            path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise local_fault(error, path) from error

    def folder(self, name: str) -> Path:
        """Make a folder.

        Raises:
            CorruptError: its name leads elsewhere, or behind a link.
            LocalFileError: it cannot be made.
        """
        return self._folder(inside(name))

    def file(
        self,
        name: str,
        size: int,
        chunks: Iterable[bytes],
        *,
        is_program: bool = False,
        modified: float | None = None,
    ) -> Path:
        """Write a file, which gets its name once it is whole.

        Raises:
            CorruptError: its name leads elsewhere, or behind a link.
            LocalFileError: it is there already, or cannot be written.
            DiskFullError: there is no room for it.
        """
        *above, last = inside(name)
        path = self._folder(tuple(above)) / last
        self._must_be_free(path)
        draft = path.with_name(f".{secrets.token_hex(6)}{_SUFFIX}")
        try:
            if free_space(self.path) < size:
                raise DiskFullError(
                    f"There is no room for {path}.",
                    hint="Make room, or name another folder with --output, and run the same command again.",
                )
            flags = (
                os.O_WRONLY
                | os.O_CREAT
                | os.O_EXCL
                | getattr(os, "O_NOFOLLOW", 0)
                | getattr(os, "O_BINARY", 0)
            )
            with os.fdopen(os.open(draft, flags, 0o777 if is_program else 0o666), "wb", 0) as file:
                for chunk in chunks:
                    view = memoryview(chunk)
                    while view:
                        view = view[file.write(view) or 0 :]
            if modified is not None:
                with contextlib.suppress(OSError, OverflowError):
                    os.utime(draft, (modified, modified))
            draft.replace(path)
        except OSError as error:
            raise local_fault(error, path) from error
        finally:
            draft.unlink(missing_ok=True)
        return path

    def copy(self, name: str, target: str) -> Path:
        """Make a file as another that the archive brought (a hard link).

        Raises:
            CorruptError: one of the names leads elsewhere, or the other file is not there.
        """
        steps = inside(target)
        source = self._folder(steps[:-1]) / steps[-1]
        try:
            found = source.lstat()
            if not stat.S_ISREG(found.st_mode):
                raise FileNotFoundError
            with source.open("rb") as file:
                chunks = iter(lambda: file.read(1 << 20), b"")
                return self.file(name, found.st_size, chunks, modified=found.st_mtime)
        except FileNotFoundError:
            raise CorruptError(f"{name} is a link to {target}, which the archive does not hold.") from None

    def link(self, name: str, target: str) -> None:
        """Make a symbolic link, at the end.

        Raises:
            CorruptError: it leads, or may lead, out of the folder.
        """
        steps = inside(name)
        leading = [step for step in target.split("/") if step not in {"", "."}]
        ups = 0
        while ups < len(leading) and leading[ups] == "..":
            ups += 1
        leads_out = (
            not target or target.startswith("/") or "\\" in target or ":" in target[1:2] or ups >= len(steps)
        )
        if leads_out or ".." in leading[ups:]:
            raise CorruptError(
                f"The archive holds a link, {name}, that leads out of the folder.",
                hint="Nothing was made of it. Tell the people who published it.",
            )
        self._links.append((self._folder(steps[:-1]) / steps[-1], target))

    def finish(self) -> int:
        """Make the links; return how many could not be made on this system."""
        left_out = 0
        for path, target in self._links:
            self._must_be_free(path)
            try:
                path.unlink(missing_ok=True)
                path.symlink_to(target)
            except (OSError, NotImplementedError):
                left_out += 1
        self._links.clear()
        return left_out

    def _folder(self, steps: tuple[str, ...]) -> Path:
        path = self.path
        for step in steps:
            path = path / step
            if path in self._made:
                continue
            try:
                path.mkdir(exist_ok=True)
                is_folder = stat.S_ISDIR(path.lstat().st_mode)
            except FileExistsError:
                is_folder = False
            except OSError as error:
                raise local_fault(error, path) from error
            if not is_folder:
                raise LocalFileError(
                    f"{path} is there already, and is no folder.",
                    hint="Move it away, or name another folder with --output.",
                )
            self._made.add(path)
        return path

    def _must_be_free(self, path: Path) -> None:
        if not os.path.lexists(path):
            return
        if not self._overwrite or (path.is_dir() and not path.is_symlink()):
            raise LocalFileError(
                f"{path} is there already.",
                hint="Replace it with --overwrite, or name another folder with --output.",
            )
