"""Submissions: draft, fill in, submit, withdraw, delete (collective-api.md 1, 4)."""

from typing import Any

from django.http import HttpRequest, HttpResponse

from commonhold.server.api.collective import problems
from commonhold.server.api.collective.endpoint import answer, object_body
from commonhold.server.api.collective.parameters import LARGEST_PAGE_SIZE, PAGE_SIZE, Parameters
from commonhold.server.api.collective.publishing import (
    PublishingEndpoint,
    SubmissionList,
    SubmissionReply,
    described,
    text_of,
)
from commonhold.server.catalogue.states import PUBLIC
from commonhold.server.submissions import queries
from commonhold.server.submissions.actions import drafts


class Submissions(PublishingEndpoint):
    """``/submissions``."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Return a page of the organization's submissions."""
        parameters = Parameters(request.GET)
        page = parameters.integer("page", 1) or 1
        limit = parameters.integer("limit", PAGE_SIZE, highest=LARGEST_PAGE_SIZE) or PAGE_SIZE
        parameters.check()
        found, total = queries.submissions_of(
            self.caller.viewer, self.organization, limit=limit, offset=(page - 1) * limit
        )
        return answer(SubmissionList(items=[described(submission) for submission in found], total=total))

    def post(self, request: HttpRequest) -> HttpResponse:
        """Begin a submission; ``name`` is all it needs."""
        body = object_body(request)
        mistakes: dict[str, str] = {}
        dataset = text_of(body, "datasetId", mistakes, required=False) or None
        if mistakes:
            raise problems.invalid(mistakes)
        submission = drafts.create(self.caller.viewer, self.organization, body, dataset=dataset)
        return _reply(self, submission.public_id, 201)


class OneSubmission(PublishingEndpoint):
    """``/submissions/{id}``."""

    def get(self, request: HttpRequest, submission: str) -> HttpResponse:  # noqa: ARG002  the method's signature
        """Return a submission."""
        return _reply(self, submission)

    def patch(self, request: HttpRequest, submission: str) -> HttpResponse:
        """Fill in fields; keys that are none are ignored (decision 10)."""
        drafts.change(self.caller.viewer, submission, _of_today(object_body(request)))
        return _reply(self, submission)

    def post(self, request: HttpRequest, submission: str) -> HttpResponse:
        """Submit it for review."""
        body = object_body(request)
        drafts.submit(self.caller.viewer, submission, agreed=body.get("agreeToSubmit") is True)
        return _reply(self, submission)

    def delete(self, request: HttpRequest, submission: str) -> HttpResponse:  # noqa: ARG002  the method's signature
        """Delete what was not published, with its files."""
        drafts.delete(self.caller.viewer, submission)
        return HttpResponse(status=204)


class Withdrawal(PublishingEndpoint):
    """``POST /submissions/{id}/retract``."""

    def post(self, request: HttpRequest, submission: str) -> HttpResponse:
        """Withdraw a submission from review."""
        object_body(request)
        drafts.retract(self.caller.viewer, submission)
        return _reply(self, submission)


def _of_today(body: dict[str, Any]) -> dict[str, Any]:
    """Return what a client sent, with what clients before 0.5.2 meant: all they published was public.

    They do not know visibilities, and are told by their sending ``agreeToSubmit`` here (collective-api.md 1.6).
    """
    return {"visibility": PUBLIC, **body} if body.get("agreeToSubmit") is True else body


def _reply(endpoint: PublishingEndpoint, public_id: str, status: int = 200) -> Any:
    found = queries.submission(endpoint.caller.viewer, public_id)
    return answer(SubmissionReply(submission=described(found)), status)
