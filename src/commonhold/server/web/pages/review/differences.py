"""What a submission would change of the published dataset: field by field, words that go and words that come."""

import difflib
import re
from collections.abc import Iterator, Sequence
from copy import copy
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from commonhold.server.storage.archives.index import ArchiveIndex
from commonhold.server.submissions import fields
from commonhold.server.submissions.actions.common import texts_of
from commonhold.server.submissions.actions.publication import take_over
from commonhold.server.submissions.fields import BY_NAME, FIELDS
from commonhold.server.submissions.models import Submission
from commonhold.server.web.pages.publish.fields import GROUPS, LABELS, LONG
from commonhold.server.web.words import TASKS, VISIBILITIES, language_name

# Longer texts are compared by lines: words of a whole book would take seconds.
_MOST_WORDS = 4000
_MOST_MEMBERS = 200_000
_WORDS = re.compile(r"\s+|\w+|[^\w\s]")
SAME, GONE, NEW = "same", "gone", "new"


def said(submission: Submission) -> list[dict[str, Any]]:
    """Return every field that says something, by groups, with its translations, as the reviewer reads them."""
    texts = texts_of(submission)
    groups = []
    for group in GROUPS:
        rows = []
        for name in group.names:
            if name not in BY_NAME:
                continue
            field = BY_NAME[name]
            if field.translated:
                versions = texts.texts(field.column)
                rows += [
                    {"label": _label(name, locale if len(versions) > 1 else ""), "text": text, "locale": locale,
                     "is_long": name in LONG}
                    for locale, text in versions.items()
                ]  # fmt: skip
            elif (text := worded(field, getattr(submission, field.column))) != "":
                rows.append({"label": _label(name), "text": text, "locale": "", "is_long": name in LONG})
        if rows:
            groups.append({"title": group.title, "rows": rows})
    return groups


def differences(submission: Submission) -> list[dict[str, Any]] | None:
    """Return the fields that differ from the published dataset, with their changes; None where there is none yet."""
    if submission.dataset is None:
        return None
    former = copy(submission)
    former.translations = {}
    take_over(former, submission.dataset)
    before, now = texts_of(former), texts_of(submission)
    found = []
    for field in FIELDS:
        if field.name not in LABELS:
            continue
        if field.translated:
            one, other = before.texts(field.column), now.texts(field.column)
            if submission.translations.get(field.column) is None and field.live:
                one = {now.locale: one.get(now.locale, "")}
            for locale in dict.fromkeys([*other, *one]):
                if one.get(locale, "") != other.get(locale, ""):
                    changes = list(compared(one.get(locale, ""), other.get(locale, "")))
                    found.append({"label": _label(field.name, locale), "locale": locale, "changes": changes})
        elif getattr(former, field.column) != getattr(submission, field.column):
            changes = list(
                compared(
                    worded(field, getattr(former, field.column)),
                    worded(field, getattr(submission, field.column)),
                )
            )
            found.append({"label": _label(field.name), "locale": "", "changes": changes})
    return found


def compared(former: str, now: str) -> Iterator[tuple[str, str]]:
    """Yield stretches of text with what became of them: :data:`SAME`, :data:`GONE` or :data:`NEW`."""
    one, other = _pieces(former), _pieces(now)
    if max(len(one), len(other)) > _MOST_WORDS:
        one, other = former.splitlines(keepends=True), now.splitlines(keepends=True)
    for what, start, end, begin, stop in difflib.SequenceMatcher(
        None, one, other, autojunk=False
    ).get_opcodes():
        if what == "equal":
            yield SAME, "".join(one[start:end])
            continue
        if end > start:
            yield GONE, "".join(one[start:end])
        if stop > begin:
            yield NEW, "".join(other[begin:stop])


def worded(field: fields.Field, value: Any) -> str:
    """Return a value as people read it; empty where nothing is said."""
    if field.kind == fields.BOOLEAN:
        return _("Yes") if value else _("No")
    if value in {None, ""}:
        return ""
    if field.kind == fields.CENTS:
        return f"{value / 100:,.2f} USD"
    if field.name == "task":
        return str(TASKS.get(value, value))
    if field.name == "visibility":
        return str(VISIBILITIES.get(value, value))
    if field.name == "locale":
        return f"{language_name(value)} ({value})"
    return str(value)


def _pieces(text: str) -> Sequence[str]:
    return _WORDS.findall(text)


def _label(name: str, locale: str = "") -> str:
    label = str(LABELS[name][0])
    return f"{label}: {language_name(locale)}" if locale else label


@dataclass(frozen=True, slots=True)
class ArchiveChanges:
    """What a file holds that the published one does not, what it lacks, and what has another size; names, sorted."""

    added: Sequence[str]
    gone: Sequence[str]
    changed: Sequence[str]


def archive_changes(former: ArchiveIndex, now: ArchiveIndex) -> ArchiveChanges | None:
    """Compare the listings of two archives; None where they are too long to be compared on a page."""
    if max(former.listed, now.listed) > _MOST_MEMBERS:
        return None
    before, after = ({member.name: member.size for _, member in index.members()} for index in (former, now))
    return ArchiveChanges(
        added=sorted(after.keys() - before.keys()),
        gone=sorted(before.keys() - after.keys()),
        changed=sorted(name for name in after.keys() & before.keys() if after[name] != before[name]),
    )
