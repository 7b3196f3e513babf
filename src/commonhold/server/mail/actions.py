"""Writing to people: a letter is a job, so that it goes out exactly where the change it tells of holds."""

from collections.abc import Iterable

from django.template.loader import render_to_string
from django.utils import translation

from commonhold.server.background.actions import enqueue, forget
from commonhold.server.kit.languages import interface_language

SEND = "mail.send"


def send_later(to: str, subject: str, text: str, *, key: str = "", about: int | None = None) -> None:
    """Send a letter once the running transaction has held; a mail server that is down gets it later.

    Args:
        to: the address.
        subject: one line; line breaks in it become spaces.
        text: plain text.
        key: while a letter with this key waits, another is not added.
        about: row id of somebody else whom the letter names: when they leave, it is not sent any more.
    """
    named = {} if about is None else {"about": about}
    enqueue(SEND, key=key, to=to, subject=" ".join(subject.split()), text=text.strip() + "\n", **named)


def write_later(
    to: str, locale: str, template: str, *, key: str = "", about: int | None = None, **context: object
) -> None:
    """Send a letter made of templates, in the language of whoever reads it, as :func:`send_later` does.

    Args:
        to: the address.
        locale: what they read.
        template: path of the letter, without ``.txt``; its subject lies beside it, as ``…_subject.txt``.
        key: while a letter with this key waits, another is not added.
        about: row id of somebody else whom the letter names.
        **context: what the letter names.
    """
    with translation.override(interface_language(locale)):
        subject = render_to_string(f"{template}_subject.txt", context)
        text = render_to_string(f"{template}.txt", context)
    send_later(to, subject, text, key=key, about=about)


def forget_letters(person: int, addresses: Iterable[str]) -> None:
    """Delete the letters to somebody, or about them to others, that wait or could not be sent."""
    for address in addresses:
        forget(SEND, to=address)
    forget(SEND, about=person)
