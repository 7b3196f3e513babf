"""Background work on access."""

from django.db import transaction

from commonhold.server.access.letters import tell_downloader
from commonhold.server.access.models import AccessRecord
from commonhold.server.access.removal import TELL
from commonhold.server.accounts.models import Person
from commonhold.server.background.actions import enqueue
from commonhold.server.background.registry import task
from commonhold.server.catalogue.models import Dataset
from commonhold.server.catalogue.states import REMOVED

_BATCH = 500


@task(TELL)
def tell_of_removal(dataset: int, after: int = 0) -> None:
    """Write to everyone who was granted a download of a removed dataset, a batch at a time, each once.

    A batch and the job for the next one hold together, so that dying in between tells nobody twice and nobody never.
    """
    row = Dataset.objects.filter(pk=dataset, status=REMOVED).first()
    if row is None:
        return
    downloaded = AccessRecord.objects.filter(dataset=dataset).values("person")
    people = list(
        Person.objects.filter(pk__in=downloaded, pk__gt=after, is_active=True).order_by("pk")[:_BATCH]
    )
    with transaction.atomic():
        for person in people:
            tell_downloader(person, row)
        if len(people) == _BATCH:
            enqueue(TELL, dataset=dataset, after=people[-1].pk)
