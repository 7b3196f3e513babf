"""Keeps the catalogues of the pages' words: ``python -m docs.messages`` (``make messages``).

Reads every string out of ``web/`` and of the letters of ``access/`` and ``submissions/``, brings each ``web/locale/<language>/LC_MESSAGES/django.po`` up to date, compiles the
``.mo`` beside it and says what is missing. What is translated stays; what is no longer used is kept at the end of the
file, commented out, and comes back with its string; what is new waits for its translation. Strings of the libraries that our pages show join the catalogues of the languages their own ones lack.
"""

import calendar
import datetime as dt
import io
import os
import sys
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.mofile import read_mo, write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).parent.parent
SERVER = ROOT / "src" / "commonhold" / "server"
WEB = SERVER / "web"
# Where words for people stand: the pages, and the letters of rooms below them. What the code of those rooms says of
# itself is the APIs', and lies in `server/locale`.
CODE = (WEB, SERVER / "access")
TEMPLATES = tuple(SERVER / room / "templates" for room in ("web", "access", "submissions"))
LOCALES = WEB / "locale"
LANGUAGES = ("ar", "de", "es", "fr", "hi", "ja", "kn", "pt_BR", "sw", "zh_Hans")
LOADED = "commonhold.server.config.settings"

_KEYWORDS = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "translate": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
}
# What Babel calls them, where that is another name than Django's folder.
_BABEL = {"zh_Hans": "zh_Hans_CN"}
# A catalogue's dates would change it without changing a word.
_DATED = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)

# Strings of Django and allauth that our pages show: (context, text, plural).
_MONTHS = tuple(calendar.month_name)[1:]
LIBRARIES: tuple[tuple[str | None, str, str | None], ...] = (
    *((None, month, None) for month in _MONTHS),
    *(("alt. month", month, None) for month in _MONTHS),
    (None, "midnight", None),
    (None, "noon", None),
    (None, "a.m.", None),
    (None, "p.m.", None),
    (None, "AM", None),
    (None, "PM", None),
    *((None, f"%(num)d {unit}", f"%(num)d {unit}s") for unit in ("year", "month", "week", "day", "hour", "minute")),
    (None, ", ", None),
    (None, "This field is required.", None),
    (None, "Enter a valid email address.", None),
    (None, "Enter a valid URL.", None),
    (None, "Enter a valid date/time.", None),
    (None, "Enter a whole number.", None),
    (None, "Ensure this value is greater than or equal to %(limit_value)s.", None),
    (None, "Ensure this value is less than or equal to %(limit_value)s.", None),
    (
        None,
        "Ensure this value has at most %(limit_value)d character (it has %(show_value)d).",
        "Ensure this value has at most %(limit_value)d characters (it has %(show_value)d).",
    ),
    (None, "Null characters are not allowed.", None),
    (None, "Select a valid choice. %(value)s is not one of the available choices.", None),
    (None, "Enter a list of values.", None),
    (
        None,
        "This password is too short. It must contain at least %d character.",
        "This password is too short. It must contain at least %d characters.",
    ),
    (
        None,
        "Your password must contain at least %(min_length)d character.",
        "Your password must contain at least %(min_length)d characters.",
    ),
    (None, "The password is too similar to the %(verbose_name)s.", None),
    (None, "Your password can\u2019t be too similar to your other personal information.", None),
    (None, "This password is too common.", None),
    (None, "Your password can\u2019t be a commonly used password.", None),
    (None, "This password is entirely numeric.", None),
    (None, "Your password can\u2019t be entirely numeric.", None),
    (None, "email address", None),
    (None, "Email", None),
    (None, "Password", None),
    (None, "Password (again)", None),
    (None, "Remember Me", None),
    (None, "Forgot your password?", None),
    (None, "Current Password", None),
    (None, "New Password", None),
    (None, "New Password (again)", None),
    (None, "You must type the same password each time.", None),
    (None, "The email address and/or password you specified are not correct.", None),
    (None, "Too many failed login attempts. Try again later.", None),
    (None, "This account is currently inactive.", None),
    (None, "A user is already registered with this email address.", None),
    (None, "Please type your current password.", None),
    (None, "Incorrect password.", None),
    (None, "This email address is already associated with this account.", None),
    (None, "Be patient, you are sending too many requests.", None),
    (None, "The password reset token was invalid.", None),
    (None, "Confirmation email sent to %(email)s.", None),
    (None, "You have confirmed %(email)s.", None),
    (None, "You have signed out.", None),
    (None, "Password successfully changed.", None),
    (None, "Password successfully set.", None),
)  # fmt: skip


def own_messages() -> Iterator[tuple[str, str | None, str, str | None]]:
    """Yield place, context, text and plural of every string of our pages."""
    for path in sorted(path for source in CODE for path in source.rglob("*.py")):
        place = str(path.relative_to(ROOT))
        for _line, found, _comments, context in extract(
            "python", io.BytesIO(path.read_bytes()), keywords=_KEYWORDS
        ):
            text, plural = (found[0], found[1]) if isinstance(found, tuple) else (found, None)
            yield place, context, text, plural
    for templates in TEMPLATES:
        for path in sorted((*templates.rglob("*.html"), *templates.rglob("*.txt"))):
            place = str(path.relative_to(ROOT))
            for context, text, plural in _of_template(path.read_text(), str(path.relative_to(templates))):
                yield place, context, text, plural


def _of_template(source: str, name: str) -> Iterator[tuple[str | None, str, str | None]]:
    from django.template import engines
    from django.template.base import Template
    from django.templatetags.i18n import BlockTranslateNode, TranslateNode

    nodes = Template(source, name=name, engine=engines["django"].engine).nodelist
    for node in nodes.get_nodes_by_type(TranslateNode):
        variable = node.filter_expression.var
        if isinstance(getattr(variable, "literal", variable), str):
            text = getattr(variable, "literal", variable)
            yield _context(node), str(text).replace("%", "%%"), None
    for node in nodes.get_nodes_by_type(BlockTranslateNode):
        plural = node.render_token_list(node.plural)[0] if node.plural else None
        yield _context(node), node.render_token_list(node.singular)[0], plural


def _context(node: Any) -> str | None:
    return str(node.message_context.resolve({})) if node.message_context else None


@cache
def _shipped(language: str) -> set[tuple[str | None, str]]:
    """Return what the libraries have translated into a language themselves."""
    import allauth
    import django

    folders = [Path(django.__file__).parent / "conf", Path(django.__file__).parent / "contrib" / "auth"]
    found: set[tuple[str | None, str]] = set()
    for folder in [*folders, Path(allauth.__file__).parent]:
        path = folder / "locale" / language / "LC_MESSAGES" / "django.mo"
        if path.is_file():
            with path.open("rb") as file:
                for message in read_mo(file):
                    # Babel leaves this one undecoded.
                    context = (
                        message.context.decode() if isinstance(message.context, bytes) else message.context
                    )
                    found |= {(context, text_of(message))}
    return found - {(None, "")}


def text_of(message: Message) -> str:
    """Return the English text of a message, the singular where it has two."""
    return str(message.id[0] if isinstance(message.id, (tuple, list)) else message.id)


def _strings(message: Message) -> tuple[str, ...]:
    return tuple(message.string) if isinstance(message.string, (tuple, list)) else (message.string,)


def template(language: str) -> Catalog:
    """Return the empty catalogue of a language: our strings, and the libraries' that it would lack."""
    catalogue = Catalog(
        locale=_BABEL.get(language, language),
        project="Commonhold",
        creation_date=_DATED,
        revision_date=_DATED,
        header_comment="# Words of the pages. Kept by `make messages`.",
        fuzzy=False,
    )
    for place, context, text, plural in own_messages():
        catalogue.add((text, plural) if plural else text, context=context, locations=[(place, 0)])
    shipped = _shipped(language)
    for context, text, plural in LIBRARIES:
        if (context, text) not in shipped:
            catalogue.add((text, plural) if plural else text, context=context, locations=[("libraries", 0)])
    return catalogue


def folder(language: str) -> Path:
    """Return where a language's catalogue lies."""
    return LOCALES / language / "LC_MESSAGES"


def known(language: str) -> Catalog:
    """Return a language's catalogue as it lies there."""
    with (folder(language) / "django.po").open("rb") as file:
        return read_po(file, locale=_BABEL.get(language, language))


def updated(language: str) -> Catalog:
    """Return the catalogue with today's strings and the translations that there are."""
    catalogue = template(language)
    if (folder(language) / "django.po").is_file():
        former = known(language)
        kept = {(message.context, text_of(message)): message for message in former.obsolete.values()}
        kept |= {(message.context, text_of(message)): message for message in former if message.id}
        for message in catalogue:
            same = kept.pop((message.context, text_of(message)), None) if message.id else None
            if same is not None:
                message.flags |= same.flags & {"fuzzy"}
                message.string = same.string
        for key in sorted((key for key, message in kept.items() if any(_strings(message))), key=str):
            catalogue.obsolete[str(key)] = kept[key]
    return catalogue


def missing(catalogue: Catalog) -> list[Message]:
    """Return the strings that have no translation, or not every plural form of one."""
    return [
        message for message in catalogue
        if message.id and (not all(_strings(message)) or message.fuzzy
        or (message.pluralizable and len(_strings(message)) != catalogue.num_plurals))
    ]  # fmt: skip


def as_po(catalogue: Catalog) -> bytes:
    """Return a catalogue as people read and mend it."""
    file = io.BytesIO()
    write_po(file, catalogue, width=110, include_lineno=False, sort_by_file=True)
    return file.getvalue()


def as_mo(catalogue: Catalog) -> bytes:
    """Return a catalogue as programs read it."""
    file = io.BytesIO()
    write_mo(file, catalogue)
    return file.getvalue()


def main() -> int:
    """Bring every catalogue up to date, or those of the languages named; return 1 where something waits for its translation."""
    with tempfile.TemporaryDirectory() as data:
        os.environ["COMMONHOLD_DATA"] = data
        os.environ["DJANGO_SETTINGS_MODULE"] = LOADED
        import django

        django.setup()
        waiting = 0
        for language in sys.argv[1:] or LANGUAGES:
            catalogue = updated(language)
            folder(language).mkdir(parents=True, exist_ok=True)
            (folder(language) / "django.po").write_bytes(as_po(catalogue))
            (folder(language) / "django.mo").write_bytes(as_mo(catalogue))
            gaps = missing(catalogue)
            waiting += len(gaps)
            print(f"{language}: {len(catalogue)} strings, {len(gaps)} without a translation")
            for message in gaps[:20]:
                print(f"  {message.id!r}")
    return 1 if waiting else 0


if __name__ == "__main__":
    sys.exit(main())
