"""What sign-in counted is forgotten when it is of no use any more."""

import datetime as dt


def test_only_what_has_expired_is_forgotten(database):
    from django.core.cache import cache

    from commonhold.server.accounts.jobs import forget
    from commonhold.server.accounts.models import Counted
    from commonhold.server.kit import clock

    cache.set("test:old", 1, 3600)
    cache.set("test:new", 1, 3600)
    Counted.objects.filter(cache_key__endswith="test:old").update(
        expires=clock.now() - dt.timedelta(seconds=1)
    )
    forget()
    left = set(Counted.objects.filter(cache_key__contains="test:").values_list("cache_key", flat=True))
    assert {key.split(":", 2)[-1] for key in left} == {"test:new"}
    assert cache.get("test:new") == 1
