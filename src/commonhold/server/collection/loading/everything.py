"""Applies a collection file to the site: all of it, or nothing.

Archives are read, proven and put into the store first; then one transaction makes or changes everything that the file
names. Should anything fail, what was put into the store is taken out again.
"""

from collections.abc import Callable

from django.db import transaction

from commonhold.server.collection.document import Collection
from commonhold.server.collection.loading import datasets, people
from commonhold.server.collection.loading.archives import StoredFiles
from commonhold.server.collection.loading.references import check_against_site
from commonhold.server.collection.loading.report import Report
from commonhold.server.collection.record import UNSET
from commonhold.server.site.actions import change
from commonhold.server.storage.interface import ObjectStore

Tell = Callable[[str], None]


def load(collection: Collection, store: ObjectStore, tell: Tell = lambda line: None) -> Report:  # noqa: ARG005
    """Create or update everything in ``collection`` by natural key; running it twice changes nothing more.

    Args:
        collection: a file that was read and found free of mistakes.
        store: where archives go.
        tell: called with a line on what is being done, for long work.

    Raises:
        CollectionError: a name is known neither to the file nor to the site, or an archive is broken; nothing was
            changed.
        StorageError: the store is full; nothing was changed.
    """
    check_against_site(collection)
    report = Report()
    files = StoredFiles(store, tell)
    try:
        prepared = datasets.prepare(collection, files)
        with transaction.atomic():
            _switch(collection)
            for organization in collection.organizations:
                people.apply_organization(organization, report)
            for user in collection.users:
                people.apply_user(user, report)
            for dataset in prepared:
                datasets.apply(dataset, report, files)
    except BaseException:
        files.take_back()
        raise
    files.drop_replaced()
    return report


def _switch(collection: Collection) -> None:
    site = collection.site
    named = {"read_only": site.read_only, "open_catalogue": site.open_catalogue, "notice": site.notice}
    if switches := {name: value for name, value in named.items() if value is not UNSET}:
        change(None, **switches)
