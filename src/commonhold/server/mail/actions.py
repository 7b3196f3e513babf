"""Writing to people: a letter is a job, so that it goes out exactly where the change it tells of holds."""

from django.template.loader import render_to_string
from django.utils import translation

from commonhold.server.background.actions import enqueue, forget
from commonhold.server.kit.languages import interface_language

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


def write_later(to: str, locale: str, template: str, *, key: str = "", **context: object) -> None:
    """Send a letter made of templates, in the language of whoever reads it, as :func:`send_later` does.

    Args:
        to: the address.
        locale: what they read.
        template: path of the letter, without ``.txt``; its subject lies beside it, as ``…_subject.txt``.
        key: while a letter with this key waits, another is not added.
        **context: what the letter names.
    """
    with translation.override(interface_language(locale)):
        subject = render_to_string(f"{template}_subject.txt", context)
        text = render_to_string(f"{template}.txt", context)
    send_later(to, subject, text, key=key)


def forget_letters(to: str) -> None:
    """Delete the letters to an address that wait, or could not be sent."""
    forget(SEND, to=to)
