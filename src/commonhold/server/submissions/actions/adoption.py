"""Submissions of datasets that came another way: a collection file brings datasets that were reviewed elsewhere."""

from django.db import transaction

from commonhold.server.catalogue.models import Dataset
from commonhold.server.kit import clock
from commonhold.server.submissions import states
from commonhold.server.submissions.actions import publication
from commonhold.server.submissions.actions.common import note
from commonhold.server.submissions.models import Submission


@transaction.atomic
def adopt(dataset: Dataset, public_id: str = "", status: str = states.APPROVED) -> Submission:
    """See to it that a dataset has its approved submission, through which new versions of it are sent.

    Args:
        dataset: that is there already.
        public_id: of the submission, where it has one; where none is given, that of the dataset stays.
        status: where it stands.
    """
    known = Submission.objects.filter(public_id=public_id or dataset.submission_public_id).first()
    submission = known or Submission(organization_id=dataset.organization_id, author=None)
    if public_id:
        submission.public_id = public_id
    if known is None:
        submission.slug = dataset.slug
        submission.submitted_at = submission.reviewed_at = clock.now()
    submission.status = status
    submission.organization_id = dataset.organization_id
    publication.take_over(submission, dataset)
    submission.name = submission.name or dataset.slug
    submission.save()
    if dataset.submission_public_id != submission.public_id:
        dataset.submission_public_id = submission.public_id
        dataset.save(update_fields=["submission_public_id"])
    if known is None:
        note(None, "adopted", submission, dataset=dataset.public_id)
    return submission
