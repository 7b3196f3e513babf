"""Background work on access."""

from django.db import transaction

from commonhold.server.access.models import AccessRecord
from commonhold.server.access.removal import TELL
from commonhold.server.accounts.models import Person
from commonhold.server.background.actions import enqueue
from commonhold.server.background.registry import task
from commonhold.server.catalogue.models import REMOVED, Dataset
from commonhold.server.kit.translation import pick
from commonhold.server.mail.actions import send_later

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
            name = pick(row.name, person.locale, row.default_locale) or row.slug
            send_later(
                person.email, f"“{name}” was removed", _text(name, row), key=f"removal:{dataset}:{person.pk}"
            )
        if len(people) == _BATCH:
            enqueue(TELL, dataset=dataset, after=people[-1].pk)


def _text(name: str, dataset: Dataset) -> str:
    reason = f"The reason given: {dataset.status_reason}\n\n" if dataset.status_reason else ""
    return (
        f"The dataset “{name}” ({dataset.slug}), which you downloaded, was removed from this site.\n\n{reason}"
        "Please stop using your copy and delete it, and whatever you made of it that can be traced back to it, unless "
        "its terms say otherwise.\n\nYou get this message because you downloaded the dataset."
    )
