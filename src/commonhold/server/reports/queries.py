"""Reads of reports: operators only."""

from commonhold.server.kit.viewer import Viewer
from commonhold.server.reports.models import Report
from commonhold.server.reports.rules import KINDS, OPEN, STATUSES


def reports(
    viewer: Viewer, *, status: str = "", kind: str = "", before: int | None = None, limit: int
) -> list[Report]:
    """Return reports with their datasets, newest first, those below the row id ``before``.

    Args:
        viewer: who asks.
        status: one of the statuses; empty for all.
        kind: one of the kinds; empty for all.
        before: row id to go on from.
        limit: how many at most.
    """
    if not viewer.is_operator:
        return []
    found = Report.objects.select_related("dataset", "dataset__organization")
    if status in STATUSES:
        found = found.filter(status=status)
    if kind in KINDS:
        found = found.filter(kind=kind)
    if before:
        found = found.filter(pk__lt=before)
    return list(found.order_by("-pk")[:limit])


def report(viewer: Viewer, public_id: str) -> Report | None:
    """Return one report; none to those who are no operators."""
    if not viewer.is_operator:
        return None
    found = Report.objects.select_related("dataset", "dataset__organization")
    return found.filter(public_id=public_id).first()


def others_about(viewer: Viewer, report: Report, limit: int = 20) -> list[Report]:
    """Return what else was reported about the same dataset, newest first."""
    if not viewer.is_operator:
        return []
    found = Report.objects.filter(dataset_id=report.dataset_id).exclude(pk=report.pk)
    return list(found.order_by("-pk")[:limit])


def count_open(viewer: Viewer) -> int:
    """Return how many reports wait for an answer."""
    return Report.objects.filter(status=OPEN).count() if viewer.is_operator else 0
