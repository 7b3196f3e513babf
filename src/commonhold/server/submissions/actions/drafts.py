"""The publisher's side: begin, fill in, submit, withdraw, delete."""

import datetime as dt
import secrets
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _

from commonhold.server.accounts.models import Person
from commonhold.server.background.actions import enqueue
from commonhold.server.catalogue.models import Dataset
from commonhold.server.catalogue.states import PUBLISHED
from commonhold.server.kit import clock, events
from commonhold.server.kit.translation import DEFAULT_LOCALE, match_locale
from commonhold.server.kit.viewer import Viewer
from commonhold.server.organizations.models import Organization
from commonhold.server.submissions import fields, letters, rules, states, translations
from commonhold.server.submissions.actions import publication
from commonhold.server.submissions.actions.common import fields_of, note, own, refuse, save, texts_of
from commonhold.server.submissions.models import Submission, Upload
from commonhold.server.submissions.news import SubmissionMoved
from commonhold.server.submissions.tasks import DROP

DRAFT_LIFETIME = dt.timedelta(days=90)
MOST_OPEN_SUBMISSIONS = 1000


@transaction.atomic
def create(
    viewer: Viewer,
    organization: int,
    sent: Mapping[str, Any],
    *,
    dataset: str | None = None,
    public_id: str = "",
) -> Submission:
    """Begin a submission.

    Args:
        viewer: who.
        organization: for which (row id).
        sent: the fields that are known already; ``name`` must be.
        dataset: public id of a published dataset of the organization that this one is to change; its fields come along.
        public_id: chosen by us before, so that a form that arrives twice begins one submission.

    Raises:
        Refused: the viewer may not publish for that organization, or it has too many open submissions.
        InvalidError: fields that cannot stand.
    """
    owner = Organization.objects.filter(pk=organization).first()
    refuse(rules.create(viewer, organization, can_publish=bool(owner and owner.can_publish)))
    open_ones = Submission.objects.filter(organization_id=organization, deleted_at=None)
    if open_ones.exclude(status=states.APPROVED).count() >= MOST_OPEN_SUBMISSIONS:
        message = _("Your organization has %(number)d unpublished submissions; delete some first.")
        raise rules.Refused(rules.Reason.TOO_MANY, message % {"number": MOST_OPEN_SUBMISSIONS})
    submission = Submission(
        organization_id=organization, author=viewer.person, text_locale=_locale_of(viewer)
    )
    if public_id:
        submission.public_id = public_id
    if dataset is not None:
        _begin_from(submission, dataset)
    values, mistakes = fields.read(sent)
    if not submission.name and "name" not in sent and not _names(sent):
        mistakes["name"] = _(fields.ABSENT)
    if mistakes:
        raise rules.InvalidError(mistakes)
    _apply(submission, values, sent, _settled_texts(submission, values, sent))
    submission.slug = submission.dataset.slug if submission.dataset else slug_for(submission.name)
    submission.expires_at = clock.now() + DRAFT_LIFETIME
    submission.save()
    note(viewer, "created", submission, revises=dataset)
    return submission


@transaction.atomic
def change(viewer: Viewer, public_id: str, sent: Mapping[str, Any]) -> Submission:
    """Fill in fields. Of an approved submission, what may be edited live shows on its dataset at once (decision 13).

    Raises:
        Refused: not there, not the viewer's, or in no state for it; or a field that is settled by the approval.
        InvalidError: fields that cannot stand.
    """
    submission = own(viewer, public_id)
    refuse(rules.change(submission.status))
    values, mistakes = fields.read(sent)
    if mistakes:
        raise rules.InvalidError(mistakes)
    written = _settled_texts(submission, values, sent)
    if submission.status == states.APPROVED:
        _refuse_frozen(submission, values, sent, written)
    former = texts_of(submission)
    changed = _apply(submission, values, sent, written)
    if "name" in changed and submission.dataset is None:
        submission.slug = slug_for(submission.name)
        changed.append("slug")
    if not changed:
        return submission
    if submission.status == states.DRAFT:
        submission.expires_at = clock.now() + DRAFT_LIFETIME
        changed.append("expires_at")
    save(submission, *changed)
    note(viewer, "changed", submission, fields=sorted(changed))
    if submission.status == states.APPROVED:
        publication.edit_live(viewer, submission, changed, former)
    return submission


@transaction.atomic
def submit(viewer: Viewer, public_id: str, *, agreed: bool) -> Submission:
    """Hand a submission over to the reviewers.

    Raises:
        Refused: not there, not the viewer's, or in no state for it.
        InvalidError: naming everything that is missing.
    """
    submission = own(viewer, public_id)
    refuse(rules.create(viewer, submission.organization_id, can_publish=submission.organization.can_publish))
    refuse(rules.submit(submission.status))
    mistakes = fields.missing(fields_of(submission), has_file=has_file(submission))
    if not agreed:
        mistakes["agreeToSubmit"] = _("Must be true: only you can agree to the terms for publishers.")
    if mistakes:
        raise rules.InvalidError(mistakes)
    moment = clock.now()
    submission.agreed_to_submit_at = submission.submitted_at = moment
    submission.expires_at = None
    submission.review_note = ""
    move(
        viewer,
        submission,
        states.SUBMITTED,
        "agreed_to_submit_at",
        "submitted_at",
        "expires_at",
        "review_note",
    )
    letters.tell_reviewers(submission)
    return submission


@transaction.atomic
def retract(viewer: Viewer, public_id: str) -> Submission:
    """Withdraw a submission from review; it can be changed and submitted again.

    Raises:
        Refused: not there, not the viewer's, or in no state for it.
    """
    submission = own(viewer, public_id)
    refuse(rules.retract(submission.status))
    move(viewer, submission, states.RETRACTED)
    return submission


@transaction.atomic
def delete(viewer: Viewer | None, public_id: str) -> None:
    """Delete a submission that was not published, and its files. What is left says only that it was there.

    Raises:
        Refused: not there, not the viewer's, published, or deleted before.
    """
    submission = own(viewer, public_id)
    refuse(rules.delete(submission.status))
    submission.deleted_at = clock.now()
    for field in fields.FIELDS:
        if field.kind in {fields.TEXT, fields.EMAIL} and field.name != "name":
            setattr(submission, field.column, "")
    submission.translations = {}
    submission.save()
    for upload in Upload.objects.filter(submission=submission, version=None, dropped_at=None):
        drop(upload)
    note(viewer, "deleted", submission)


def move(viewer: Viewer | None, submission: Submission, status: str, *names: str) -> None:
    """Take a locked submission to another state, noting and telling it."""
    former, submission.status = submission.status, status
    save(submission, "status", *names)
    note(viewer, status, submission, former=former)
    events.publish(SubmissionMoved(submission.pk, submission.public_id, former, status))


def drop(upload: Upload) -> None:
    """Have an upload's bytes removed from the store, once the running transaction has held."""
    enqueue(DROP, key=f"{DROP}:{upload.pk}", upload=upload.pk)


def has_file(submission: Submission) -> bool:
    """Whether there is an archive to publish: one that was sent and not rejected, or the dataset's own."""
    sent = submission.archive
    if sent is not None:
        return sent.status == states.COMPLETED and sent.verification != states.REFUSED
    return submission.dataset is not None and submission.dataset.current_version_id is not None


def slug_for(name: str) -> str:
    """Return a slug for a new dataset: its name in ASCII, and what makes it the only one of its kind."""
    return f"{slugify(name)[:40].strip('-_') or 'dataset'}-{secrets.token_hex(4)}"


def _settled_texts(
    submission: Submission, values: Mapping[str, Any], sent: Mapping[str, Any]
) -> translations.Written:
    """Return the texts in all languages as what was sent makes them.

    Raises:
        InvalidError: translations that cannot stand.
    """
    given, mistakes = translations.read(sent)
    locale, misread = translations.read_default_locale(
        sent, submission.text_locale, is_settled=submission.dataset is not None
    )
    if mistakes or misread:
        raise rules.InvalidError({**mistakes, **misread})
    written, mistakes = translations.settle(texts_of(submission), values, given, locale)
    if mistakes:
        raise rules.InvalidError(mistakes)
    return written


def _names(sent: Mapping[str, Any]) -> bool:
    """Whether the translations that were sent have a name among them; in which languages is settled later."""
    every = sent.get(translations.TRANSLATIONS)
    return isinstance(every, Mapping) and bool(every.get("name"))


def _apply(
    submission: Submission, values: dict[str, Any], sent: Mapping[str, Any], written: translations.Written
) -> list[str]:
    values, mistakes = fields.settle(fields_of(submission), values)
    if mistakes:
        raise rules.InvalidError(mistakes)
    values |= {**written.plain, "translations": written.translations, "text_locale": written.locale}
    changed = [column for column, value in values.items() if getattr(submission, column) != value]
    for column in changed:
        setattr(submission, column, values[column])
    if fields.EXCLUSIVITY in sent and bool(sent[fields.EXCLUSIVITY]) != bool(
        submission.exclusivity_opt_out_at
    ):
        submission.exclusivity_opt_out_at = clock.now() if sent[fields.EXCLUSIVITY] else None
        changed.append("exclusivity_opt_out_at")
    return changed


def _refuse_frozen(
    submission: Submission, values: dict[str, Any], sent: Mapping[str, Any], written: translations.Written
) -> None:
    settled, _contradictions = fields.settle(fields_of(submission), values)
    names = fields.frozen(fields_of(submission), settled)
    names += [name for name in translations.frozen(texts_of(submission), written) if name not in names]
    if fields.EXCLUSIVITY in sent and bool(sent[fields.EXCLUSIVITY]) != bool(
        submission.exclusivity_opt_out_at
    ):
        names.append(fields.EXCLUSIVITY)
    if names:
        message = _(
            "Settled by the approval: %(fields)s. To change that, begin a new submission of the dataset %(dataset)s."
        )
        dataset = submission.dataset.public_id if submission.dataset else ""
        raise rules.SettledError(names, message % {"fields": ", ".join(names), "dataset": dataset})


def _begin_from(submission: Submission, public_id: str) -> None:
    """Take over what a published dataset of the same organization says now."""
    dataset = Dataset.objects.filter(
        public_id=public_id, organization_id=submission.organization_id, status=PUBLISHED
    ).first()
    if dataset is None:
        raise rules.InvalidError(
            {"datasetId": _("Must be the id of a published dataset of your organization.")}
        )
    former = dataset.submissions.filter(status=states.APPROVED).order_by("-id").first()
    if former is not None:
        for column, value in fields_of(former).items():
            setattr(submission, column, value)
    publication.take_over(submission, dataset)


def _locale_of(viewer: Viewer) -> str:
    person = Person.objects.filter(pk=viewer.person).first()
    return (match_locale(person.locale) if person else None) or DEFAULT_LOCALE
