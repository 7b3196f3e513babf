"""Walking the folder of the embedded store: what lies under its keys, and what lies there by mistake."""

import os
import stat as modes
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from commonhold.server.storage.folders import Tree, moment_of
from commonhold.server.storage.interface import Leftover
from commonhold.server.storage.keys import InvalidKeyError, check_key


def files_under_keys(tree: Tree) -> Iterator[tuple[str, os.stat_result]]:
    """Yield each regular file whose path is a key, and its status; no link is followed, one folder held at a time."""
    if not tree.root.is_dir():
        return
    with tree.folder([]) as root:
        for folder, below, names, descriptor in os.fwalk(".", dir_fd=root):
            # The store's own folders begin with a dot, as no key does.
            below[:] = [name for name in below if not name.startswith(".")]
            for name in names:
                key = str(Path(folder, name))
                with suppress(InvalidKeyError, FileNotFoundError):
                    check_key(key)
                    status = os.stat(name, dir_fd=descriptor, follow_symlinks=False)
                    if modes.S_ISREG(status.st_mode):
                        yield key, status


def leftover(path: Path, root: Path) -> Leftover | None:
    """Describe what a killed write left, or return None for what is gone meanwhile."""
    try:
        status = path.stat(follow_symlinks=False)
    except FileNotFoundError:
        return None
    size = status.st_size
    if modes.S_ISDIR(status.st_mode):
        with suppress(FileNotFoundError):
            size = sum(file.stat().st_size for file in path.iterdir())
    return Leftover(str(path.relative_to(root)), size, moment_of(status))
