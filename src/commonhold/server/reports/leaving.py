"""What reports forget of people who leave."""

from commonhold.server.accounts.news import PersonLeft
from commonhold.server.kit import events
from commonhold.server.reports.actions import forget_sender


def forget(news: PersonLeft) -> None:
    """Take somebody who leaves out of the reports they sent; the reports stay."""
    forget_sender(news.person, news.addresses)


def listen() -> None:
    """Subscribe to the news."""
    events.subscribe(PersonLeft, forget)
