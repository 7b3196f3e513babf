"""The way messages leave the house: Django's mail, or a list in memory for tests."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol

from django.core.mail import EmailMessage


@dataclass(frozen=True, slots=True)
class Letter:
    """One message to one person. Plain text; a subject is one line."""

    to: str
    subject: str
    text: str


class Post(Protocol):
    """Delivers letters."""

    def deliver(self, letter: Letter) -> None:
        """Deliver one, or raise ``OSError`` or ``SMTPException``, so that it is tried again."""
        ...


class DjangoPost:
    """Delivers through the mail server that the settings name."""

    def deliver(self, letter: Letter) -> None:
        """See :meth:`Post.deliver`."""
        EmailMessage(letter.subject, letter.text, to=[letter.to]).send()


@dataclass
class MemoryPost:
    """Keeps letters, for tests."""

    letters: list[Letter] = field(default_factory=list)

    def deliver(self, letter: Letter) -> None:
        """See :meth:`Post.deliver`."""
        self.letters.append(letter)


_post: Post = DjangoPost()


def post() -> Post:
    """Return this process's way of delivering."""
    return _post


@contextmanager
def replaced(other: Post) -> Iterator[None]:
    """Deliver by another way until the block ends."""
    global _post  # noqa: PLW0603  one way for the process
    former, _post = _post, other
    try:
        yield
    finally:
        _post = former
