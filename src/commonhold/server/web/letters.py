"""Messages about requests for access, each in the language of whoever gets it."""

import logging
from smtplib import SMTPException

from django.core.mail import EmailMessage
from django.db import transaction
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from commonhold.server.access.models import AccessRequest
from commonhold.server.accounts.models import Person
from commonhold.server.catalogue.models import Dataset
from commonhold.server.organizations.queries import publishers_of
from commonhold.server.web.addresses import absolute
from commonhold.server.web.components import shown
from commonhold.server.web.context import SITE_NAME
from commonhold.server.web.language import interface_language

_log = logging.getLogger(__name__)


def tell_publishers(request: HttpRequest, dataset: Dataset, asked: AccessRequest) -> None:
    """Tell everyone who may decide that somebody asks for a dataset."""
    address = absolute(request, reverse("access_requests", args=[dataset.organization.slug]))
    for membership in publishers_of(dataset.organization_id):
        _send(membership.person, "requests/letters/asked", dataset, asked=asked, address=address)


def tell_requester(request: HttpRequest, decided: AccessRequest) -> None:
    """Tell somebody what became of their request."""
    address = absolute(request, reverse("dataset", args=[decided.dataset.public_id]))
    _send(decided.person, "requests/letters/decided", decided.dataset, asked=decided, address=address)


def _send(person: Person, template: str, dataset: Dataset, **context: object) -> None:
    name = str(shown(dataset.name, person.locale, dataset.default_locale) or dataset.slug)
    context |= {"name": name, "person": person, "site_name": SITE_NAME}
    with translation.override(interface_language(person.locale)):
        subject = " ".join(render_to_string(f"{template}_subject.txt", context).split())
        body = render_to_string(f"{template}.txt", context)
    letter = EmailMessage(subject, body.strip() + "\n", to=[person.email])
    transaction.on_commit(lambda: _deliver(letter))


def _deliver(letter: EmailMessage) -> None:
    """Send; a mail server that is down must not undo what was decided."""
    try:
        letter.send()
    except (OSError, SMTPException) as error:
        _log.error("a message was not sent: %s", error)
