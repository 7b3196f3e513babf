"""What submissions forget of people who leave."""

from commonhold.server.accounts.news import PersonLeft
from commonhold.server.kit import events
from commonhold.server.submissions.models import Submission

_ROLES = ("point_of_contact", "funded_by", "legal_contact", "created_by")


def forget_contacts(news: PersonLeft) -> None:
    """Take somebody who leaves out of the people that submissions name."""
    for role in _ROLES:
        named = Submission.objects.filter(**{f"{role}_email__in": news.addresses})
        named.update(**{f"{role}_full_name": "", f"{role}_email": ""})


def listen() -> None:
    """Subscribe to the news."""
    events.subscribe(PersonLeft, forget_contacts)
