"""What templates need beyond Django's own: sizes, languages, Markdown, the address of a style."""

import hashlib
from collections.abc import Mapping
from functools import cache
from json import dumps
from pathlib import Path

from django import template
from django.conf import settings
from django.forms import BoundField
from django.utils.formats import number_format
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language_bidi

from commonhold.server.config.identity import provider_name
from commonhold.server.kit.markdown import render
from commonhold.server.kit.translation import DEFAULT_LOCALE, Texts
from commonhold.server.web import words
from commonhold.server.web.components import Shown, shown

register = template.Library()
_STATIC = Path(__file__).parent.parent / "static"
_UNITS = ("B", "kB", "MB", "GB", "TB", "PB")


@register.simple_tag
def asset(path: str) -> str:
    """Return the address of one of our own static files; it changes with the file."""
    return f"{settings.STATIC_URL}{path}?v={_version(path)}"


@cache
def _version(path: str) -> str:
    return hashlib.sha256((_STATIC / path).read_bytes()).hexdigest()[:10]


@register.filter
def json(value: object) -> str:
    """Return a value as JSON, for an attribute that a script of ours reads."""
    return dumps(value)


@register.simple_tag
def sign_in_provider() -> str:
    """Return the name of the provider that people may sign in with; empty where there is none."""
    return provider_name(settings.ENVIRONMENT)


@register.filter
def markdown(text: object) -> SafeString:
    """Return the sanitized HTML of a Markdown text."""
    return mark_safe(render(str(text or "")))  # noqa: S308  kit.markdown sanitizes


@register.filter
def size(count: int | None) -> str:
    """Return a number of bytes as people read it, in decimal units."""
    if count is None:
        return "\N{EN DASH}"
    value, unit = float(count), 0
    while value >= 999.5 and unit < len(_UNITS) - 1:
        value, unit = value / 1000, unit + 1
    digits = 1 if unit and value < 99.95 else 0
    text = f"{number_format(round(value, digits), digits)}\N{NO-BREAK SPACE}{_UNITS[unit]}"
    # Kept together where the page runs from right to left: number first, then the Latin unit.
    return f"\N{LEFT-TO-RIGHT ISOLATE}{text}\N{POP DIRECTIONAL ISOLATE}" if get_language_bidi() else text


@register.filter
def plain(field: BoundField) -> SafeString:
    """Return a form field without the placeholder that repeats its label."""
    return field.as_widget(attrs={"placeholder": ""})


@register.simple_tag(takes_context=True)
def shown_in(context: template.Context, texts: Texts, default_locale: str = DEFAULT_LOCALE) -> Shown | None:
    """Return a translated field as the reader reads it."""
    return shown(texts, context["reader_locale"], default_locale)


@register.filter
def language_name(tag: str) -> str:
    """Return what a language is called."""
    return words.language_name(tag)


@register.filter
def task_name(task: str) -> str:
    """Return what a task is called."""
    return str(words.TASKS.get(task, task))


@register.filter
def visibility_name(visibility: str) -> str:
    """Return what a visibility is called."""
    return str(words.VISIBILITIES.get(visibility, visibility))


@register.filter
def state_name(state: str) -> str:
    """Return what the state of a request is called."""
    return str(words.REQUEST_STATES.get(state, state))


@register.filter
def role_name(role: str) -> str:
    """Return what a role is called."""
    return str(words.ROLES.get(role, role))


@register.filter
def status_name(status: str) -> str:
    """Return what the status of a dataset is called."""
    return str(words.STATUSES.get(status, status))


@register.filter
def words_of(text: str) -> list[str]:
    """Return the words of a text that a template loops over."""
    return text.split()


@register.filter
def report_kind(kind: str) -> str:
    """Return what a report is about, in a word or two."""
    return str(words.REPORT_KINDS.get(kind, kind))


@register.filter
def report_state(state: str) -> str:
    """Return what the state of a report is called."""
    return str(words.REPORT_STATES.get(state, state))


@register.filter
def at(counts: Mapping[int, int], key: int) -> int:
    """Return the count under a key; 0 where there is none."""
    return counts.get(key, 0)


@register.filter
def scope_name(scope: str) -> str:
    """Return what a key's scope is called."""
    return str(words.SCOPE_NAMES.get(scope, scope))


@register.filter
def magnitude(number: int) -> int:
    """Return a number without its sign."""
    return abs(number)


@register.filter
def in_words(value: object) -> str:
    """Return a detail of the trail as people read it: lists and objects without the marks of a program."""
    if isinstance(value, dict):
        return ", ".join(f"{name}: {in_words(part)}" for name, part in value.items())
    if isinstance(value, list):
        return ", ".join(in_words(part) for part in value)
    return str(value)
