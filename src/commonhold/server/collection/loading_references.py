"""Names that a collection file uses without declaring them: the site must know them."""

from commonhold.server.accounts.models import Person
from commonhold.server.collection.document import Collection, Reference
from commonhold.server.collection.mistakes import CollectionError
from commonhold.server.organizations.models import Membership, Organization


def check_references(collection: Collection) -> None:
    """Raise CollectionError with the mistake of every reference that the database cannot resolve either."""
    mistakes = [reference.mistake for reference in collection.unresolved if not _is_known(reference)]
    if mistakes:
        raise CollectionError(collection.path, mistakes)


def _is_known(reference: Reference) -> bool:
    if reference.kind == "organization":
        return Organization.objects.filter(slug=reference.name, personal_of__isnull=True).exists()
    if reference.kind == "user":
        return Person.objects.filter(email=reference.name).exists()
    return Membership.objects.filter(person__email=reference.person, organization__slug=reference.name).exists()
