"""A collection file against the site: what only the database can tell, found before anything is changed."""

from django.db.models import Q

from commonhold.server.accounts.models import Person
from commonhold.server.catalogue.models import Dataset
from commonhold.server.collection.checks import missing_for_new
from commonhold.server.collection.dataset import Dataset as DatasetEntry
from commonhold.server.collection.document import Collection, Reference
from commonhold.server.collection.mistakes import CollectionError, Mistake
from commonhold.server.organizations.models import Membership, Organization


def check_against_site(collection: Collection) -> None:
    """Check names the file uses without declaring them, what new entries lack, and slugs that are taken.

    Raises:
        CollectionError: with every mistake found.
    """
    mistakes = [reference.mistake for reference in collection.unresolved if not _is_known(reference)]
    for organization in collection.organizations:
        if not Organization.objects.filter(slug=organization.slug).exists():
            mistakes += missing_for_new(organization)
    for user in collection.users:
        if not Person.objects.filter(email=user.email).exists():
            mistakes += missing_for_new(user)
    for entry in collection.datasets:
        mistakes += _mistakes_of(entry)
    if mistakes:
        raise CollectionError(collection.path, mistakes)


def known_dataset(entry: DatasetEntry) -> Dataset | None:
    """Return the dataset that an entry names by its natural key: the id where given, else the slug."""
    condition = Q(public_id=entry.id) if entry.id else Q(slug=entry.slug)
    found: Dataset | None = Dataset.objects.filter(condition).first()
    return found


def _mistakes_of(entry: DatasetEntry) -> list[Mistake]:
    known = known_dataset(entry)
    mistakes = [] if known else missing_for_new(entry)
    names = [name for name in (entry.slug, None if known else entry.id) if name]
    taken = Dataset.objects.filter(Q(slug__in=names) | Q(public_id__in=names)).exclude(
        pk=known.pk if known else None
    )
    if names and taken.exists():
        mistakes.append(entry.source.mistake("slug", "another dataset of this site has that id or slug."))
    return mistakes


def _is_known(reference: Reference) -> bool:
    if reference.kind == "organization":
        known = Organization.objects.filter(slug=reference.name, personal_of__isnull=True)
    elif reference.kind == "user":
        known = Person.objects.filter(email=reference.name)
    else:
        known = Membership.objects.filter(person__email=reference.person, organization__slug=reference.name)
    return bool(known.exists())
