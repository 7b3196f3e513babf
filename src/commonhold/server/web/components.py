"""Small values that templates print: translated texts, pages of a list, what a reader may do with a dataset."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _

from commonhold.server.access.rules import Answer, Reason
from commonhold.server.kit.translation import DEFAULT_LOCALE, Texts, pick_with_locale
from commonhold.server.web.language import direction
from commonhold.server.web.words import language_name


@dataclass(frozen=True, slots=True)
class Shown:
    """A text in the best language there is of it.

    Attributes:
        text: the text.
        locale: what it is in.
        is_fallback: whether that is another language than the reader's.
    """

    text: str
    locale: str
    is_fallback: bool

    def __str__(self) -> str:
        return self.text

    @property
    def direction(self) -> str:
        """How the text runs, for ``dir``."""
        return direction(self.locale)

    @property
    def language(self) -> str:
        """The name of its language, in the language of the page."""
        return language_name(self.locale.split("-")[0])


def shown(texts: Texts | None, reader: str, default_locale: str) -> Shown | None:
    """Return the text to show to a reader of locale ``reader``, or None where there is none."""
    found = pick_with_locale(texts, reader, default_locale)
    if found is None:
        return None
    text, locale = found
    return Shown(text, locale, locale.split("-")[0] != reader.split("-", maxsplit=1)[0])


def shown_notice(texts: Texts, reader: str) -> Shown | None:
    """Return the operator's notice: in the reader's language, else in English, else in whichever it was written."""
    written = next((locale for locale, text in texts.items() if text), DEFAULT_LOCALE)
    return shown(texts, reader, DEFAULT_LOCALE) or shown(texts, reader, written)


@dataclass(frozen=True, slots=True)
class Standing:
    """What the policy answered about a download, in the reader's words, with the button that mends it.

    Attributes:
        reason: the policy's own reason, for tests and styles.
        title: where the reader stands, in a few words.
        text: what is missing and what to do.
        action: what the button says; empty for no button.
        address: where it leads.
        by_form: whether it is the button of a form.
    """

    reason: Reason
    title: str
    text: str
    action: str = ""
    address: str = ""
    by_form: bool = False


def standing(answer: Answer, public_id: str, *, is_pending: bool = False) -> Standing:
    """Put the policy's answer (``access.rules.download``) on a dataset into words."""
    page = reverse("dataset", args=[public_id])
    terms = reverse("terms", args=[public_id])
    request = reverse("request_access", args=[public_id])
    if answer.reason is Reason.ALLOWED:
        return Standing(
            answer.reason, _("Ready to download"),
            _("You have agreed to the terms. Fetch the archive here, or with a key from your own programs."),
            _("Download"), reverse("download", args=[public_id]), by_form=True,
        )  # fmt: skip
    if answer.reason is Reason.SIGN_IN:
        return Standing(
            answer.reason, _("Sign in to download"),
            _("You need an account, and your agreement to the terms of this dataset."),
            _("Sign in"), f"{reverse('account_login')}?{urlencode({'next': page})}",
        )  # fmt: skip
    if answer.reason is Reason.TERMS:
        return Standing(
            answer.reason, _("The terms come first"),
            _("You have not agreed to this dataset's terms yet, or they have changed since."),
            _("Read the terms and agree"), terms,
        )  # fmt: skip
    if answer.reason is Reason.APPROVAL:
        return _approval(request, is_pending=is_pending)
    if answer.reason is Reason.PRICE:
        return Standing(
            answer.reason, _("This dataset has a price"), _("Your organization has not bought it yet.")
        )
    if answer.reason is Reason.NO_FILE:
        return Standing(
            answer.reason,
            _("Nothing to download yet"),
            _("The publisher has not published an archive so far."),
        )
    return Standing(answer.reason, _("Not available"), answer.message)


def _approval(request: str, *, is_pending: bool) -> Standing:
    if is_pending:
        return Standing(
            Reason.APPROVAL, _("Your request is waiting"),
            _("The publisher has not answered yet. You are told by mail when they do."),
            _("See your request"), request,
        )  # fmt: skip
    return Standing(
        Reason.APPROVAL, _("Access is restricted"),
        _("The publisher decides who may download this dataset. Ask for access; you are told by mail."),
        _("Ask for access"), request,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Pages:
    """Where a list stands: which page of how many, and the addresses of the others."""

    number: int
    count: int
    address: str

    def of(self, number: int) -> str:
        """Return the address of a page; the first needs no number."""
        base, _, query = self.address.partition("?")
        parts = [part for part in (query, f"page={number}" if number > 1 else "") if part]
        return f"{base}?{'&'.join(parts)}" if parts else base

    @property
    def previous(self) -> str:
        """Address of the page before, or nothing."""
        return self.of(self.number - 1) if self.number > 1 else ""

    @property
    def next(self) -> str:
        """Address of the page after, or nothing."""
        return self.of(self.number + 1) if self.number < self.count else ""

    @property
    def near(self) -> Sequence[tuple[int, str]]:
        """Numbers and addresses worth offering: the first, the last, and those around; 0 stands for a gap."""
        wanted = sorted(
            {1, self.count, *range(max(1, self.number - 1), min(self.count, self.number + 1) + 1)}
        )
        numbers: list[tuple[int, str]] = []
        for number in wanted:
            if numbers and number > numbers[-1][0] + 1:
                numbers.append((0, ""))
            numbers.append((number, self.of(number)))
        return numbers


def page_count(total: int, size: int) -> int:
    """Return how many pages ``total`` entries fill; an empty list has one."""
    return max(1, -(-total // size))
