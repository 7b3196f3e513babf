"""From an address under ``/review`` to what a reviewer looks at, or to the answer to one who is none."""

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


def of_reviewer(page: Page) -> Page:
    """Answer 404 to all but the site's reviewers: nobody else learns what is there."""

    @wraps(page)
    def guarded(request: HttpRequest, **named: Any) -> HttpResponse:
        if not rules.is_reviewer(viewer_of(request)):
            return errors.not_found(request)
        return page(request, **named)

    return guarded


def of_submission(page: Page) -> Page:
    """Turn the ``public_id`` in an address into the submission, for reviewers.

    What an action refuses leads back to the submission's page, which says how it stands.
    """

    @of_reviewer
    @wraps(page)
    def found(request: HttpRequest, public_id: str, **named: Any) -> HttpResponse:
        try:
            submission = queries.submission(viewer_of(request), public_id)
        except Refused as error:
            is_gone = error.reason is Reason.GONE
            return errors.deleted(request, refusal(error)) if is_gone else errors.not_found(request)
        try:
            return page(request, submission, **named)
        except Refused as error:
            if error.reason is Reason.NOT_FOUND:
                return errors.not_found(request)
            if request.method == "POST":
                kept.keep(request)
            messages.error(request, refusal(error))
            return redirect("review_submission", public_id=public_id)

    return found
