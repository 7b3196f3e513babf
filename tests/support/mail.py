"""Letters as tests read them: what a mail server would have got, once the jobs that send it are done."""

import email
import email.policy
import os
import time
from email.message import EmailMessage
from pathlib import Path

PATIENCE_SECONDS = 120


def letters_to(address: str) -> list[EmailMessage]:
    """Return the messages to an address, oldest first, once those that wait have gone out."""
    send_waiting()
    found = []
    folder = Path(os.environ["COMMONHOLD_DATA"]) / "mail"
    for path in sorted(folder.glob("*.log"), key=lambda path: path.stat().st_mtime_ns):
        # As bytes: of a text the parser takes every letter beyond ASCII for damage; and another one, to somebody else, may
        # be half written.
        for content in path.read_bytes().split(b"-" * 79):
            message = email.message_from_bytes(content.lstrip(), policy=email.policy.default)
            if message["To"] == address:
                found.append(message)
    return found


def told(address: str) -> list[dict[str, str]]:
    """Return subject and text of the messages to an address, oldest first, whoever did the jobs that sent them."""
    return [
        {"subject": str(letter["Subject"]), "text": letter.get_content()} for letter in letters_to(address)
    ]


def send_waiting() -> None:
    """Do the jobs that send letters; a site that runs beside the tests may be faster."""
    from commonhold.server.background.models import FAILED, QUICK, Job
    from commonhold.server.background.runner import do_next
    from commonhold.server.mail.actions import SEND

    deadline = time.monotonic() + PATIENCE_SECONDS
    while Job.objects.filter(name=SEND).exclude(status=FAILED).exists():
        assert time.monotonic() < deadline
        if not do_next(QUICK, "tests"):
            time.sleep(0.05)
