"""Writing to people: a letter is a job, so that it goes out exactly where the change it tells of holds."""

from commonhold.server.background.actions import enqueue, forget

SEND = "mail.send"


def send_later(to: str, subject: str, text: str, *, key: str = "") -> None:
    """Send a letter once the running transaction has held; a mail server that is down gets it later.

    Args:
        to: the address.
        subject: one line; line breaks in it become spaces.
        text: plain text.
        key: while a letter with this key waits, another is not added.
    """
    enqueue(SEND, key=key, to=to, subject=" ".join(subject.split()), text=text.strip() + "\n")


def forget_letters(to: str) -> None:
    """Delete the letters to an address that wait, or could not be sent."""
    forget(SEND, to=to)
