"""For the reference: every refusal under ``/api/``, its fixed text, and what its reader does next."""

from commonhold.server.api.collective import problems, publishing
from commonhold.server.site.refusals import COLLECTIVE_ERROR

_PUBLISHING = (
    (
        403,
        publishing.DENIED,
        "Use a key of an organization that may publish, with the scope `publish` (`reason` says what is missing).",
    ),
    (
        409,
        publishing.CONFLICT,
        "Read it again: `message` says what state it is in, and what can be done there.",
    ),
    (410, publishing.DELETED, "Begin a new submission."),
    (410, publishing.SESSION_GONE, "Begin a new upload: the former was ended, or has run out."),
    (503, publishing.STORE_FAILED, "Wait the seconds in `Retry-After`, then send the same again."),
    (503, COLLECTIVE_ERROR, "Reading and running downloads go on. Send it again later."),
)

# Status, the text of `error`, and what to do, as Markdown.
ADVICE = sorted(
    [
        *((status, vars(problems)[name], advice) for name, (status, advice) in problems.ADVICE.items()),
        *_PUBLISHING,
    ],
    key=lambda one: one[0],
)
