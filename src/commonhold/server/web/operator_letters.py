"""What people are told of an operator's decisions, each in their own language, by jobs of the deciding transaction."""

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from commonhold.server.catalogue.models import Dataset
from commonhold.server.mail.actions import send_later
from commonhold.server.organizations.queries import publishers_of
from commonhold.server.web.addresses import absolute
from commonhold.server.web.components import shown
from commonhold.server.web.context import SITE_NAME
from commonhold.server.web.language import interface_language


def tell_of_status(request: HttpRequest, dataset: Dataset) -> None:
    """Tell everyone who publishes a dataset that an operator took it away or put it back."""
    for membership in publishers_of(dataset.organization_id):
        person = membership.person
        write(request, person.email, person.locale, "operate/letters/status", dataset)


def write(
    request: HttpRequest, address: str, locale: str, template: str, dataset: Dataset, **context: object
) -> None:
    """Write a letter about a dataset.

    Args:
        request: whose site's address stands in it.
        address: to whom.
        locale: what they read.
        template: path of the letter, without ``.txt``; its subject lies beside it.
        dataset: what it is about.
        **context: what else the letter names.
    """
    context |= {
        "dataset": dataset,
        "name": str(shown(dataset.name, locale, dataset.default_locale) or dataset.slug),
        "address": absolute(request, reverse("dataset", args=[dataset.public_id])),
        "site_name": SITE_NAME,
    }
    with translation.override(interface_language(locale)):
        subject = render_to_string(f"{template}_subject.txt", context)
        body = render_to_string(f"{template}.txt", context)
    send_later(address, subject, body)
