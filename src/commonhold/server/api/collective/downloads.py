"""Downloading: sessions for archives and samples, piece hashes, and the route that is gone."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from commonhold.server.access import queries, rules, sessions
from commonhold.server.api.collective import problems, shapes
from commonhold.server.api.collective.endpoint import (
    Endpoint,
    OpenEndpoint,
    answer,
    base_url,
    daily_limit,
    object_body,
    seconds_until,
)
from commonhold.server.api.collective.parameters import asked_key, asked_version
from commonhold.server.kit import clock
from commonhold.server.storage.store import store_for


class Download(Endpoint):
    """``POST /datasets/{id}/download`` and ``POST /datasets/{id}/sample-download``.

    Attributes:
        sample: the sample is asked for: terms apply, quota and price do not.
    """

    sample = False

    def post(self, request: HttpRequest, dataset: str) -> HttpResponse:
        """Open a download session (seed 000, "Get Dataset Download URL"), the archive's charged to the day.

        Asked again with the same ``Idempotency-Key``, it is the same session, and charged once.
        """
        object_body(request)
        target, session = self._opened(request, dataset)
        shared = {
            "download_url": session.url,
            "expires_at": clock.iso(session.expires_at),
            "size_bytes": str(target.size_bytes),
            "content_type": target.content_type,
            "filename": target.filename,
            "checksum": f"sha256:{target.sha256}",
        }
        if self.sample:
            return answer(shapes.SampleSession(**shared))
        return answer(
            shapes.DownloadSession(
                access_record_id=session.record_id,
                download_token=session.token,
                version=target.version or 1,
                **shared,
            )
        )

    def _opened(self, request: HttpRequest, dataset: str) -> tuple[queries.Target, sessions.Session]:
        """Return what was granted, and how it is fetched.

        Raises:
            Problem: the policy does not let the caller have it, or their organization's day is used up.
        """
        viewer, store = self.caller.viewer, store_for(request.get_host())
        if self.sample:
            key, found, decide = None, queries.sample_target(viewer, dataset), rules.download_sample
        else:
            key = asked_key(request.headers)
            found = queries.download_target(viewer, dataset, asked_version(request.GET))
            decide = rules.download
        target = allowed(request, dataset, found, decide(viewer, found.facts if found else None))
        if self.sample:
            return target, sessions.open_sample(viewer, target, store)
        session = sessions.open_download(viewer, target, self.caller.limits, store, key=key)
        if isinstance(session, sessions.Refusal):
            raise _used_up(session)
        return target, session


class PieceHashes(Endpoint):
    """``GET /datasets/{id}/pieces``."""

    def get(self, request: HttpRequest, dataset: str) -> HttpResponse:
        """Return the hash of each piece: key and terms as for a download, free of quota (decision 18)."""
        viewer = self.caller.viewer
        target = queries.download_target(viewer, dataset, asked_version(request.GET))
        target = allowed(request, dataset, target, rules.download(viewer, target.facts if target else None))
        found = queries.pieces_of(target.version_id or 0)
        if found is None:
            raise problems.Problem(
                404, problems.DATASET_NOT_FOUND, "No piece hashes are kept for this version."
            )
        piece_size, digests = found
        return answer(
            shapes.Pieces(
                dataset_id=target.public_id,
                version=target.version or 1,
                filename=target.filename,
                size_bytes=str(target.size_bytes),
                checksum=f"sha256:{target.sha256}",
                algorithm="sha256",
                piece_size=piece_size,
                pieces=[digests[start : start + 32].hex() for start in range(0, len(digests), 32)],
            )
        )


class RemovedTokenRoute(OpenEndpoint):
    """``GET /datasets/{id}/download/{token}``, which needs no credentials to say that it is gone."""

    def get(self, request: HttpRequest, dataset: str, token: str) -> HttpResponse:  # noqa: ARG002  nothing of it matters
        """Answer 410 whoever asks (seed 000, "Download Dataset File (Deprecated)")."""
        raise problems.Problem(410, problems.REMOVED_ROUTE)


def allowed(
    request: HttpRequest, name: str, target: queries.Target | None, decided: rules.Answer
) -> queries.Target:
    """Return the target that the policy lets the caller have.

    Raises:
        Problem: it does not.
    """
    if target is None or not decided.allowed:
        identifier = target.public_id if target else name
        raise problems.refusal(
            decided, f"{base_url(request)}/datasets/{identifier}", settings.ENVIRONMENT.legal_url
        )
    return target


def _used_up(refusal: sessions.Refusal) -> problems.Problem:
    resets_at = clock.iso(refusal.resets_at)
    bandwidth = refusal.exhausted is sessions.Exhausted.BANDWIDTH
    unit = "bytes granted" if bandwidth else "downloads"
    return daily_limit(
        limit=refusal.limit,
        resets_in=seconds_until(refusal.resets_at),
        resets_at=resets_at,
        kind="bandwidth_limit" if bandwidth else None,
        message=f"Your organization has used its {refusal.limit} {unit} of today. The limit resets at {resets_at}; "
        "a download URL you already have goes on working while it lives.",
    )
