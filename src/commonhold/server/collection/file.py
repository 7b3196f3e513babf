"""Read a collection file and find everything that is wrong with it, before anything is done with it."""

from pathlib import Path

from commonhold.server.collection.checks import check
from commonhold.server.collection.document import Collection, Document
from commonhold.server.collection.forms import Reading
from commonhold.server.collection.mistakes import CollectionError, Findings
from commonhold.server.collection.reader import read_tree
from commonhold.server.collection.record import read_leniently


def read_collection(path: Path) -> Collection:
    """Read the collection file at ``path``. The archives it names are looked for, and not opened.

    Raises:
        CollectionError: the file cannot be read, or holds mistakes; it carries all of them.
    """
    findings = Findings()
    root = read_tree(path, findings)
    reading = Reading(path.parent, findings)
    # Entries that are wrong are left out here, so that the others are still held against each other.
    document = read_leniently(Document, root, "", reading) or Document()
    unresolved = check(document, findings)
    if findings.mistakes:
        raise CollectionError(path, findings.mistakes)
    return Collection(
        path, document.site, document.organizations, document.users, document.datasets, unresolved
    )
