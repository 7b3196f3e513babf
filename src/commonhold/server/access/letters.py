"""Letters about access to datasets, each in the language of whoever gets it, and each a job of what it tells of."""

from commonhold.server.access.models import AccessRequest
from commonhold.server.accounts.models import Person
from commonhold.server.catalogue.models import Dataset
from commonhold.server.kit.translation import pick
from commonhold.server.mail.actions import write_later
from commonhold.server.organizations.queries import publishers_of


def tell_publishers(asked: AccessRequest, site: str) -> None:
    """Tell everyone who may decide that somebody asks for a dataset; ``site`` is the site's address."""
    dataset = asked.dataset
    address = f"{site}/organizations/{dataset.organization.slug}/requests"
    for membership in publishers_of(dataset.organization_id):
        _write(membership.person, "asked", dataset, about=asked.person_id, asked=asked, address=address)


def tell_requester(decided: AccessRequest, site: str) -> None:
    """Tell somebody what became of their request."""
    if decided.person.is_active:
        address = f"{site}/datasets/{decided.dataset.public_id}"
        _write(decided.person, "decided", decided.dataset, asked=decided, address=address)


def tell_downloader(person: Person, dataset: Dataset) -> None:
    """Tell somebody that a dataset they downloaded was removed; while that letter waits, one is enough."""
    key = f"removal:{dataset.pk}:{person.pk}"
    _write(person, "removed", dataset, key=key, slug=dataset.slug, reason=dataset.status_reason)


def _write(
    person: Person, name: str, dataset: Dataset, *, key: str = "", about: int | None = None, **context: object
) -> None:
    context["name"] = pick(dataset.name, person.locale, dataset.default_locale) or dataset.slug
    write_later(person.email, person.locale, f"access/letters/{name}", key=key, about=about, **context)
