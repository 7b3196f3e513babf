"""From an address under ``/publish`` to the submission, or to the answer to one who does not handle it."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from commonhold.server.submissions import queries, rules
from commonhold.server.submissions.rules import Reason, Refused
from commonhold.server.web import kept
from commonhold.server.web.pages import errors
from commonhold.server.web.submission_words import refusal
from commonhold.server.web.viewer import viewer_of

Page = Callable[..., HttpResponse]


def of_submission(page: Page) -> Page:
    """Turn the ``public_id`` in an address into the submission, for its publishers.

    To everybody else there is nothing (404): ids of other organizations' submissions cannot be told from those that
    do not exist. Members without the role are told so (403). A refusal of an action leads back to the submission's
    page, which says how it stands.
    """

    @wraps(page)
    def found(request: HttpRequest, public_id: str, **named: Any) -> HttpResponse:
        viewer = viewer_of(request)
        try:
            submission = queries.submission(viewer, public_id)
            refused = rules.handle(viewer, submission.organization_id)
        except Refused as error:
            refused = error
        if refused is not None:
            _keep(request)
            return refused_page(request, refused)
        try:
            return page(request, submission, **named)
        except Refused as refused:
            if refused.reason is Reason.NOT_FOUND:
                return errors.not_found(request)
            _keep(request)
            messages.error(request, refusal(refused))
            return redirect("submission", public_id=public_id)

    return found


def _keep(request: HttpRequest) -> None:
    """Keep what was typed into a form of ours for the day when it can be saved."""
    if request.method == "POST":
        kept.keep(request)


def refused_page(request: HttpRequest, refused: Refused) -> HttpResponse:
    """Answer somebody who may not see a submission, without telling whether there is one."""
    if refused.reason is Reason.GONE:
        return errors.deleted(request, refusal(refused))
    if refused.reason is Reason.ROLE:
        return errors.forbidden(request)
    return errors.not_found(request)
