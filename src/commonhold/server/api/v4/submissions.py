"""``submissions/``: what organizations want to publish; publishers fill in and submit, reviewers decide (issue 4)."""

from collections.abc import Callable, Mapping

from django.http import HttpResponse
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.exceptions import NotFound, PermissionDenied, ValidationError
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from commonhold.server.api.v4.endpoint import Endpoint, MayRead, SignedIn
from commonhold.server.api.v4.errors import NON_FIELD_ERRORS, Deleted
from commonhold.server.api.v4.inputs import Input, checked, checked_query
from commonhold.server.api.v4.paging import asked_page, envelope, place_of
from commonhold.server.api.v4.submission_inputs import (
    AgreementInput,
    EmptyInput,
    NewSubmissionInput,
    NoteInput,
    SubmissionInput,
    as_sent,
    invalid,
    settled,
)
from commonhold.server.api.v4.submission_shapes import address, described
from commonhold.server.kit.translation import default_locale_of
from commonhold.server.kit.viewer import PUBLISH, Viewer
from commonhold.server.submissions import models, queries, rules, states
from commonhold.server.submissions.actions import drafts, review
from commonhold.server.submissions.rules import Reason
from commonhold.server.submissions.translations import DEFAULT_LOCALE

_FORBIDDEN = {
    Reason.SCOPE, Reason.FOREIGN, Reason.ROLE, Reason.CANNOT_PUBLISH, Reason.NOT_REVIEWER, Reason.OWN_SUBMISSION,
}  # fmt: skip
_LONGEST_ID = 64
REVIEW = "review"


class MayPublish(BasePermission):
    """An API key without the scope ``publish`` has no business with submissions."""

    def has_permission(self, request: Request, view: Endpoint) -> bool:  # noqa: ARG002  DRF's signature
        """Tell whether the request may go on."""
        return PUBLISH in request.user.viewer.scopes


class ListQuery(Input):
    """Which submissions."""

    queue = serializers.ChoiceField((REVIEW,), required=False)
    status = serializers.ChoiceField(states.STATES, required=False)
    organization = serializers.CharField(max_length=100, required=False)


class SubmissionEndpoint(Endpoint):
    """An endpoint about submissions: what their rules refuse becomes the API's kind of error."""

    permission_classes = (SignedIn, MayRead, MayPublish)

    def handle_exception(self, exc: Exception) -> HttpResponse:
        """Say what the rules refuse in the shapes of seed 002."""
        return super().handle_exception(_understood(exc))

    def found(self, public_id: str) -> models.Submission:
        """Return a submission that the viewer may see.

        Raises:
            NotFound: there is none, or it is another organization's.
            Deleted: it is gone.
            PermissionDenied: the viewer is no publisher of the organization.
        """
        if len(public_id) > _LONGEST_ID or not public_id.isprintable():
            raise NotFound
        try:
            return queries.submission(self.viewer, public_id)
        except rules.Refused as refused:
            if refused.reason == Reason.FOREIGN:
                raise NotFound from None
            raise

    def handled(self, public_id: str) -> None:
        """Refuse everybody but the submission's publishers, before their input is looked at."""
        refusal = rules.handle(self.viewer, self.found(public_id).organization_id)
        if refusal is not None:
            raise refusal

    def reviewed(self, public_id: str) -> None:
        """Refuse everybody but reviewers, before their input is looked at."""
        self.found(public_id)
        refusal = rules.review(self.viewer, rules.ReviewFacts(is_member=False, has_others=False))
        if refusal is not None:
            raise refusal

    def shown(self, public_id: str, status: int = 200, headers: dict[str, str] | None = None) -> HttpResponse:
        """Answer with a submission as it is now."""
        found = queries.submission(self.viewer, public_id)
        return self.answer(described(found, self.flat_locale, self.site_url), status, headers)


class List(SubmissionEndpoint):
    """Submissions of the viewer's organizations, newest first; a reviewer's queue, the longest waiting first."""

    def get(self, request: Request) -> HttpResponse:
        """Return one page of them."""
        plain = request._request  # noqa: SLF001  the plain request is several times cheaper
        asked = asked_page(plain.GET, f"{self.site_url}{plain.get_full_path()}")
        query = checked_query(self, ListQuery)
        chosen = {name: query[name] for name in ("organization", "status") if name in query}
        if query.get("queue") == REVIEW:
            rows = queries.queue(self.viewer, **chosen)
        else:
            rows = queries.handled(self.viewer, **chosen)
        count = rows.count()
        place = place_of(asked, count)
        page = rows[place.offset : place.offset + place.limit]
        results = [described(row, self.flat_locale, self.site_url) for row in page]
        return self.answer(envelope(asked, place, count, results))

    def post(self, request: Request) -> HttpResponse:
        """Begin a submission: its name, or the dataset it changes, is all it needs."""
        data = request.data if isinstance(request.data, Mapping) else {}
        homes = queries.homes(self.viewer)
        home = _home(homes, data.get("organization"))
        if home is not None or not any(each.is_publisher for each in homes):
            # Told before the input is looked at.
            _refuse_others(self.viewer, home)
        revises = data.get("dataset") not in (None, "")
        given = checked(self, NewSubmissionInput, partial=revises)
        if home is None:
            told = _("You publish for no organization with this slug.")
            raise ValidationError(
                {"organization": [told if "organization" in given else _("This field is required.")]}
            )
        sent = as_sent(given)
        if not revises:
            sent.setdefault(DEFAULT_LOCALE, _default_locale(data.get("name"), given["name"], self.locale))
        made = drafts.create(self.viewer, home.row_id, sent, dataset=given["dataset"] if revises else None)
        return self.shown(made.public_id, 201, {"Location": address(made, self.site_url)})


class Detail(SubmissionEndpoint):
    """One submission."""

    def get(self, request: Request, submission: str) -> HttpResponse:  # noqa: ARG002  the method's signature
        """Return it."""
        return self.answer(described(self.found(submission), self.flat_locale, self.site_url))

    def patch(self, request: Request, submission: str) -> HttpResponse:  # noqa: ARG002  as above
        """Fill in some of it."""
        return self._change(submission, partial=True)

    def put(self, request: Request, submission: str) -> HttpResponse:  # noqa: ARG002  as above
        """Fill it in, its name at least; what is not given stays."""
        return self._change(submission, partial=False)

    def delete(self, request: Request, submission: str) -> HttpResponse:  # noqa: ARG002  as above
        """Delete what was not published, with its files."""
        self.found(submission)
        drafts.delete(self.viewer, submission)
        return self.nothing()

    def _change(self, submission: str, *, partial: bool) -> HttpResponse:
        self.handled(submission)
        given = checked(self, SubmissionInput, partial=partial)
        drafts.change(self.viewer, submission, as_sent(given))
        return self.shown(submission)


class Submit(SubmissionEndpoint):
    """Handing a submission over to the reviewers."""

    def post(self, request: Request, submission: str) -> HttpResponse:  # noqa: ARG002  the method's signature
        """Submit it; 202 where its files are still being verified, which may send it back (rule 1.3)."""
        self.handled(submission)
        given = checked(self, AgreementInput)
        drafts.submit(self.viewer, submission, agreed=given["agree_to_submit"])
        found = queries.submission(self.viewer, submission)
        body = described(found, None, self.site_url)
        if body.pending:
            return self.answer(body, 202, {"Location": address(found, self.site_url)})
        return self.answer(body)


class Retract(SubmissionEndpoint):
    """Withdrawing a submission from review."""

    def post(self, request: Request, submission: str) -> HttpResponse:  # noqa: ARG002  as above
        """Withdraw it."""
        self.handled(submission)
        checked(self, EmptyInput)
        drafts.retract(self.viewer, submission)
        return self.shown(submission)


class Decision(SubmissionEndpoint):
    """What a reviewer does with a submission."""

    decide: Callable[[Viewer | None, str], object] = staticmethod(review.start)

    def post(self, request: Request, submission: str) -> HttpResponse:  # noqa: ARG002  as above
        """Do it."""
        self.reviewed(submission)
        checked(self, EmptyInput)
        self.decide(self.viewer, submission)
        return self.shown(submission)


class NotedDecision(SubmissionEndpoint):
    """What a reviewer does with a submission and tells its publisher the reason of."""

    decide: Callable[[Viewer | None, str, str], object] = staticmethod(review.reject)

    def post(self, request: Request, submission: str) -> HttpResponse:  # noqa: ARG002  as above
        """Do it."""
        self.reviewed(submission)
        given = checked(self, NoteInput)
        self.decide(self.viewer, submission, given["note"])
        return self.shown(submission)


def _refuse_others(viewer: Viewer, home: queries.Home | None) -> None:
    refusal = rules.create(
        viewer, home.row_id if home else 0, can_publish=home is not None and home.can_publish
    )
    if refusal is not None:
        raise refusal


def _home(homes: list[queries.Home], slug: object) -> queries.Home | None:
    """Return the organization that is meant: the one named, else the only one there is to publish for."""
    if slug is not None:
        return next((home for home in homes if home.slug == slug), None)
    publishing = [home for home in homes if home.is_publisher]
    return publishing[0] if len(publishing) == 1 else None


def _default_locale(sent: object, names: Mapping[str, str | None], current: str) -> str:
    """Return the language of a new submission: the current one for a single name, else by the names it has."""
    written = {locale: text for locale, text in names.items() if text}
    return current if isinstance(sent, str) or not written else default_locale_of(written)


def _understood(error: Exception) -> Exception:
    """Return what a refusal of the rules is in the terms of this API: a conflict is a 400 (rule 1.12)."""
    if isinstance(error, rules.InvalidError):
        return invalid(error.mistakes)
    if isinstance(error, rules.SettledError):
        return settled(error.fields)
    if not isinstance(error, rules.Refused):
        return error
    if error.reason == Reason.NOT_FOUND:
        return NotFound()
    if error.reason == Reason.GONE:
        return Deleted()
    if error.reason in _FORBIDDEN:
        return PermissionDenied(error.message)
    return ValidationError({NON_FIELD_ERRORS: [error.message]})
