"""Archives whose bytes depend on their contents alone: loading the same data twice makes no new version."""

import gzip
import io
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

# 2026-01-01T00:00:00Z. ZIP knows no moment before 1980, and readers are wary of 1970.
_MOMENT = 1_767_225_600
_MOMENT_OF_ZIP = (2026, 1, 1, 0, 0, 0)
_PLAIN_FILE = 0o644


def write_archive(path: Path, members: Mapping[str, bytes]) -> None:
    """Write ``members`` (name to content) to ``path``, as its ending says; complete or not at all."""
    draft = path.with_name(f".{path.name}.draft")
    draft.write_bytes(_zip(members) if path.name.endswith(".zip") else _tar_gz(members))
    draft.replace(path)


def _tar_gz(members: Mapping[str, bytes]) -> bytes:
    archive = io.BytesIO()
    with (
        gzip.GzipFile(filename="", mode="wb", fileobj=archive, compresslevel=6, mtime=0) as compressed,
        tarfile.open(fileobj=compressed, mode="w", format=tarfile.PAX_FORMAT) as tar,
    ):
        for name, content in sorted(members.items()):
            member = tarfile.TarInfo(name)
            member.size = len(content)
            member.mtime = _MOMENT
            member.mode = _PLAIN_FILE
            tar.addfile(member, io.BytesIO(content))
    return archive.getvalue()


def _zip(members: Mapping[str, bytes]) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as bundle:
        for name, content in sorted(members.items()):
            member = zipfile.ZipInfo(name, _MOMENT_OF_ZIP)
            member.compress_type = zipfile.ZIP_DEFLATED
            member.create_system = 3  # Unix, wherever this runs: the mode below is read then
            member.external_attr = _PLAIN_FILE << 16
            bundle.writestr(member, content)
    return archive.getvalue()
