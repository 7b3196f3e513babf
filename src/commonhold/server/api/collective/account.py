"""Who a key stands for, and whether the site is up."""

import datetime as dt
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse

from commonhold.server.access.queries import use_on
from commonhold.server.api.collective import problems, shapes
from commonhold.server.api.collective.endpoint import Endpoint, OpenEndpoint, answer
from commonhold.server.credentials.actions import revoke_key
from commonhold.server.credentials.models import ApiKey
from commonhold.server.credentials.queries import account_of
from commonhold.server.kit import clock
from commonhold.server.kit.translation import DEFAULT_LOCALE, pick
from commonhold.server.storage.store import store_for


class Account(Endpoint):
    """``GET /account``."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Return person, organization, key and what is left of today."""
        viewer, limits = self.caller.viewer, self.caller.limits
        found = account_of(viewer)
        if found is None or viewer.organization is None:
            raise problems.unauthenticated("The API key is not valid any more.")
        moment = clock.now()
        use = use_on(viewer.organization, moment.date())
        resets_at = clock.iso(clock.next_midnight(moment))
        names, key = found["organization"]["name"], found["key"]
        return answer(
            shapes.Account(
                person=shapes.AccountPerson(name=found["person"]["name"], email=found["person"]["email"]),
                organization=shapes.OrganizationReference(
                    name=pick(names, found["person"]["locale"], DEFAULT_LOCALE) or "",
                    slug=found["organization"]["slug"],
                ),
                key=shapes.AccountKey(
                    name=key["name"],
                    prefix=key["prefix"],
                    scopes=key["scopes"],
                    expires_at=clock.iso(key["expires_at"]) if key["expires_at"] else None,
                ),
                limits=shapes.AccountLimits(
                    downloads=_standing(limits.downloads, use.downloads, resets_at),
                    bandwidth=_standing(limits.bandwidth, use.bandwidth, resets_at),
                    requests=shapes.RequestLimit(limit=limits.requests),
                ),
                storage_origin=_origin(request, moment),
            )
        )


def _origin(request: HttpRequest, moment: dt.datetime) -> str:
    """Return scheme and host of the addresses that downloads get, so that a client can try whether it reaches them."""
    url = store_for(request.get_host()).download_url(
        "reachable", filename="reachable.zip", content_type="application/zip", expires_at=moment
    )
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _standing(limit: int | None, used: int, resets_at: str) -> shapes.DailyLimit:
    return shapes.DailyLimit(
        period="daily",
        limit=limit,
        used=used,
        remaining=None if limit is None else max(0, limit - used),
        resets_at=resets_at,
    )


class OwnKey(Endpoint):
    """``DELETE /account/key``."""

    def delete(self, request: HttpRequest) -> HttpResponse:  # noqa: ARG002  the method's signature
        """End the key that was sent."""
        row = ApiKey.objects.filter(pk=self.caller.viewer.credential).first()
        if row is None:
            raise problems.unauthenticated("The API key is not valid any more.")
        revoke_key(self.caller.viewer, row)
        return HttpResponse(status=204)


class Health(OpenEndpoint):
    """``GET /health``: the process answers. It asks no database."""

    def get(self, request: HttpRequest) -> HttpResponse:  # noqa: ARG002  the method's signature
        """Return that the site is up."""
        return answer(shapes.Health(status="ok"))
