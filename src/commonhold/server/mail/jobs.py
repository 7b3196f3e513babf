"""Sending what was written."""

from commonhold.server.background.registry import task
from commonhold.server.mail.actions import SEND
from commonhold.server.mail.post import Letter, post


@task(SEND, attempts=12)
def send(to: str, subject: str, text: str, *, about: int | None = None) -> None:  # noqa: ARG001
    """Deliver one letter. A process that dies between sending and noting it sends twice: better than never.

    ``about`` is there to find the letter by, when whoever it names leaves before it goes out.
    """
    post().deliver(Letter(to, subject, text))
