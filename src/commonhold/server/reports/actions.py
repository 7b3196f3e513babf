"""Sending a report, and answering it."""

from collections.abc import Sequence

from django.db import transaction
from django.db.models import Q

from commonhold.server.audit.actions import record
from commonhold.server.catalogue.models import Dataset
from commonhold.server.catalogue.moderation import moderate
from commonhold.server.kit import clock
from commonhold.server.kit.viewer import Viewer
from commonhold.server.limits.limiter import limiter
from commonhold.server.reports import rules
from commonhold.server.reports.models import Report


class TooManyReportsError(Exception):
    """Somebody sent as many as anybody may; ``retry_after`` is the seconds until the next is taken."""

    def __init__(self, retry_after: int) -> None:
        self.retry_after = retry_after
        super().__init__(f"too many reports; again in {retry_after} s")


class NotAllowedError(PermissionError):
    """The viewer is no operator."""


class AlreadyAnsweredError(ValueError):
    """Somebody else has answered the report meanwhile."""


@transaction.atomic
def send(
    viewer: Viewer, dataset: int, *, kind: str, message: str, email: str, locale: str, address: str
) -> tuple[Report, bool]:
    """Take a report about a dataset that the sender was already found to see.

    The same words sent again while they wait are the same report.

    Args:
        viewer: who sends it; strangers may.
        dataset: row id.
        kind: one of ``rules.KINDS``.
        message: what is wrong.
        email: where the answer goes; empty for none.
        locale: what the sender reads.
        address: where the request came from; counted, never kept.

    Returns:
        The report, and whether it is a new one.

    Raises:
        TooManyReportsError: the sender has to wait.
    """
    message = message.strip()[: rules.LONGEST_MESSAGE]
    words = {"kind": kind, "message": message, "email": email, "person": viewer.person}
    known = Report.objects.filter(dataset_id=dataset, status=rules.OPEN, **words).first()
    if known is not None:
        return known, False
    standing = limiter().hit(rules.identity(viewer, address), rules.RATE)
    if standing is not None and not standing.allowed:
        raise TooManyReportsError(standing.retry_after)
    row = Dataset.objects.get(pk=dataset)
    report = Report.objects.create(dataset=row, locale=locale, **words)
    record(viewer, "reports.sent", "dataset", row.public_id, report=report.public_id, kind=kind)
    return report, True


@transaction.atomic
def answer(viewer: Viewer, report: str, decision: str, reason: str) -> Report:
    """Dismiss a report (public id), or withhold or remove the dataset it is about.

    Args:
        viewer: the operator.
        report: public id.
        decision: one of ``rules.DECISIONS``.
        reason: told to sender and publisher; shown on the dataset's page if it is taken away.

    Raises:
        NotAllowedError: the viewer is no operator.
        AlreadyAnsweredError: it is no longer open.
    """
    if not viewer.is_operator:
        raise NotAllowedError
    if decision not in rules.DECISIONS:
        raise ValueError(decision)
    row = Report.objects.select_for_update(of=("self",)).select_related("dataset").get(public_id=report)
    if row.status != rules.OPEN:
        raise AlreadyAnsweredError
    if decision != rules.DISMISSED:
        row.dataset = moderate(viewer, row.dataset_id, decision, reason)
    row.status, row.reason = decision, reason.strip()
    row.decided_at, row.decided_by = clock.now(), viewer.person
    row.save(update_fields=["status", "reason", "decided_at", "decided_by"])
    record(
        viewer,
        f"reports.{decision}",
        "dataset",
        row.dataset.public_id,
        report=row.public_id,
        reason=row.reason,
    )
    return row


def forget_sender(person: int, addresses: Sequence[str]) -> None:
    """Take a person (row id) who leaves, and the addresses they had, out of what was reported; the reports stay."""
    sent = Report.objects.filter(Q(person=person) | Q(email__in=addresses))
    sent.update(email="", person=None)
