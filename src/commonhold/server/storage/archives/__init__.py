"""Whether an uploaded archive is whole and harmless, found in one bounded read.

:func:`read_members` yields every member as it is passed, having read all bytes and checked every sum by the
time it ends; :func:`check_archive` is that without the members.
"""

from commonhold.server.storage.archives.check import check_archive, read_members
from commonhold.server.storage.archives.members import BrokenArchiveError, Member

__all__ = ["BrokenArchiveError", "Member", "check_archive", "read_members"]
