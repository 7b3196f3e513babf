"""What people are told of an operator's decisions, each in their own language, by jobs of the deciding transaction."""

from django.http import HttpRequest
from django.urls import reverse

from commonhold.server.accounts.directory import operators
from commonhold.server.catalogue.models import Dataset
from commonhold.server.mail.actions import write_later
from commonhold.server.organizations.queries import publishers_of
from commonhold.server.reports.models import Report
from commonhold.server.web.addresses import absolute
from commonhold.server.web.components import shown
from commonhold.server.web.context import SITE_NAME


def tell_of_status(request: HttpRequest, dataset: Dataset) -> None:
    """Tell everyone who publishes a dataset that an operator took it away or put it back."""
    for membership in publishers_of(dataset.organization_id):
        person = membership.person
        write(request, person.email, person.locale, "operate/letters/status", dataset)


def tell_operators(request: HttpRequest, report: Report) -> None:
    """Tell those who run the site that a report waits; while a letter waits to go out, one is enough."""
    queue = absolute(request, reverse("operate_reports"))
    for person in operators():
        key = f"reports:{person.pk}"
        write(
            request, person.email, person.locale, "reports/letters/waits", report.dataset, key=key,
            about=report.person, report=report, queue=queue,
        )  # fmt: skip


def tell_of_answer(request: HttpRequest, report: Report) -> None:
    """Tell whoever sent a report, and whoever publishes the dataset, how it was answered; nobody learns who sent it."""
    if report.email:
        write(request, report.email, report.locale, "reports/letters/answered", report.dataset, report=report)
    for membership in publishers_of(report.dataset.organization_id):
        person = membership.person
        write(
            request, person.email, person.locale, "reports/letters/publisher", report.dataset, report=report
        )


def write(
    request: HttpRequest,
    address: str,
    locale: str,
    template: str,
    dataset: Dataset,
    *,
    key: str = "",
    about: int | None = None,
    **context: object,
) -> None:
    """Write a letter about a dataset.

    Args:
        request: whose site's address stands in it.
        address: to whom.
        locale: what they read.
        template: path of the letter, without ``.txt``; its subject lies beside it.
        dataset: what it is about.
        key: while a letter with this key waits, another is not added.
        about: row id of somebody else whom the letter names.
        **context: what else the letter names.
    """
    context |= {
        "dataset": dataset,
        "name": str(shown(dataset.name, locale, dataset.default_locale) or dataset.slug),
        "address": absolute(request, reverse("dataset", args=[dataset.public_id])),
        "site_name": SITE_NAME,
    }
    write_later(address, locale, template, key=key, about=about, **context)
