"""What the catalogue forgets of people who leave."""

from commonhold.server.accounts.news import PersonLeft
from commonhold.server.catalogue.models import Dataset
from commonhold.server.kit import events


def forget_contact(news: PersonLeft) -> None:
    """Take somebody who leaves off the datasets that name them as contact."""
    Dataset.objects.filter(contact_email__in=news.addresses).update(contact_name="", contact_email="")


def listen() -> None:
    """Subscribe to the news."""
    events.subscribe(PersonLeft, forget_contact)
