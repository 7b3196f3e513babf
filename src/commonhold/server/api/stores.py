"""The object store, with the address under which this request's client reaches it."""

from functools import lru_cache

from django.conf import settings
from django.http import HttpRequest

from commonhold.server.config.addresses import storage_address
from commonhold.server.storage.store import Store, object_store


def store_for(request: HttpRequest) -> Store:
    """Return the store whose URLs the sender of ``request`` can open."""
    return _store(storage_address(settings.ENVIRONMENT, request.get_host()))


@lru_cache(maxsize=64)
def _store(public_url: str) -> Store:
    return object_store(settings.ENVIRONMENT, public_url=public_url)
