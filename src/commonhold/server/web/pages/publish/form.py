"""The form of a submission: every field that its publisher fills in, with the translations of its texts."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from copy import copy
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.text import format_lazy
from django.utils.translation import gettext as translate
from django.utils.translation import gettext_lazy as _

from commonhold.server.catalogue.states import RESTRICTED, VISIBILITIES
from commonhold.server.catalogue.vocabularies import LICENSES
from commonhold.server.kit.translation import LOCALES, canonical_locale
from commonhold.server.submissions import fields as table
from commonhold.server.submissions import states, translations
from commonhold.server.submissions.actions.publication import take_over
from commonhold.server.submissions.fields import BY_NAME, EXCLUSIVITY
from commonhold.server.submissions.models import Submission
from commonhold.server.web.language import direction
from commonhold.server.web.pages.publish.fields import GROUPS, LABELS, LONG, TRANSLATED, VISIBILITY_HELP
from commonhold.server.web.words import TASKS, language_name
from commonhold.server.web.words import VISIBILITIES as VISIBILITY_WORDS

MOST_LANGUAGES = 30
LANGUAGES, STAMP = "languages", "stamp"


@dataclass(frozen=True, slots=True)
class Known:
    """A submission as its form shows it.

    Attributes:
        values: of every field, by its name in the API.
        texts: translations by field and locale, without the default locale's.
        default_locale: what the fields themselves are written in.
        is_live: it is published: only what can be changed without another review stands in the form.
    """

    values: Mapping[str, Any]
    texts: Mapping[str, Mapping[str, str]]
    default_locale: str
    is_live: bool

    @property
    def languages(self) -> list[str]:
        """The locales there are translations in."""
        return sorted({locale for texts in self.texts.values() for locale in texts})

    @property
    def stamp(self) -> str:
        """A word that changes with the content, so that a form knows whether somebody else wrote meanwhile."""
        content = json.dumps([self.values, self.texts], sort_keys=True, default=str)
        return hashlib.sha256(content.encode()).hexdigest()[:20]


def known(submission: Submission) -> Known:
    """Return what a submission says now; of a published one, what its dataset says, which may be edited by itself."""
    if submission.status == states.APPROVED and submission.dataset is not None:
        submission = copy(submission)
        take_over(submission, submission.dataset)
    values = {field.name: getattr(submission, field.column) for field in table.FIELDS}
    values[EXCLUSIVITY] = submission.exclusivity_opt_out_at is not None
    return Known(
        values=values,
        texts=translations_of(submission),
        default_locale=submission.text_locale,
        is_live=submission.status == states.APPROVED,
    )


def translations_of(submission: Submission) -> dict[str, dict[str, str]]:
    """Return the translations of a submission's texts: by the API's name of the field, then by locale."""
    return {
        field.name: dict(texts)
        for field in translations.TRANSLATED
        if (texts := submission.translations.get(field.column))
    }


class Text(forms.CharField):
    """A text whose lines end in one character each, so that its length is what people see."""

    def to_python(self, value: Any) -> str:
        """Return the text as it is stored."""
        return super().to_python(str(value).replace("\r\n", "\n") if value is not None else value)

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        """Leave the limit to us: a browser would cut off what is pasted without a word."""
        del widget
        return {}


class SubmissionForm(forms.Form):
    """The fields of a submission and their translations.

    Args:
        data: what was typed, or None for what is known.
        known: the submission.
        languages: locales to show side by side with the default one, besides those there are texts in.
    """

    def __init__(self, data: QueryDict | None, *, known: Known, languages: Iterable[str] = ()) -> None:
        self.known = known
        self.languages = _locales([*known.languages, *languages], known.default_locale)
        super().__init__(data, initial=_initial(known))
        for name in LABELS:
            if known.is_live and name != EXCLUSIVITY and not BY_NAME[name].live:
                continue
            if known.is_live and name == EXCLUSIVITY:
                continue
            self.fields[name] = _field(name, known)
        for locale in self.languages:
            for name in TRANSLATED:
                if name in self.fields:
                    self.fields[f"{name}-{locale}"] = _translation(name, locale)
        for field in self.fields.values():
            field.widget.is_required = False

    def clean(self) -> dict[str, Any]:
        """Hold against each other what has to go together."""
        data = super().clean()
        if data.get("isPaid") and "basePriceCents" in data and data["basePriceCents"] is None:
            self.add_error("basePriceCents", translate("Say what it costs, or take the tick away above."))
        removed = set(self.removed())
        for name in {*TRANSLATED} & {*self.fields} - {*self.errors}:
            others = [one for one in self.languages if one not in removed and data.get(f"{name}-{one}")]
            if others and not data.get(name):
                self.add_error(
                    name,
                    translate("There are translations of it: it needs a text in %(language)s too.")
                    % {"language": language_name(self.known.default_locale)},
                )
        is_other = data.get("visibility") not in {"", RESTRICTED, None}
        if data.get("autoApproveAccessRequests") and is_other:
            self.add_error(
                "autoApproveAccessRequests",
                translate("This is only possible with the visibility “Restricted”."),
            )
        return data

    def sent(self) -> dict[str, Any]:
        """Return the fields that can stand, as the actions take them; faulty ones keep what was saved before."""
        data = {name: value for name, value in self.cleaned_data.items() if name in LABELS}
        if {"isPaid", "basePriceCents"} & set(self.errors):
            for name in ("isPaid", "basePriceCents"):
                data.pop(name, None)
        elif "basePriceCents" in data:
            price = data["basePriceCents"] if data.get("isPaid") else None
            data["basePriceCents"] = None if price is None else int(price * 100)
        if {"visibility", "autoApproveAccessRequests"} & set(self.errors):
            for name in ("visibility", "autoApproveAccessRequests"):
                data.pop(name, None)
        return {**data, "translations": self.texts()}

    def removed(self) -> list[str]:
        """Return the locales whose translations are to be taken away."""
        return [locale for locale in self.languages if self.data.get(f"remove-{locale}")]

    def texts(self) -> dict[str, dict[str, str | None]]:
        """Return the translations to set, and None for those to take away; faulty ones keep what was saved before."""
        removed = set(self.removed())
        found: dict[str, dict[str, str | None]] = {}
        for name in TRANSLATED:
            if name in self.errors and not self.known.values[name]:
                continue
            for locale in self.languages:
                key = f"{name}-{locale}"
                if key in self.fields and (key in self.cleaned_data or locale in removed):
                    text = None if locale in removed else self.cleaned_data[key]
                    found.setdefault(name, {})[locale] = text or None
        return found

    @property
    def groups(self) -> list[dict[str, Any]]:
        """The groups with their fields, as the template prints them."""
        found = []
        for group in GROUPS:
            rows = [self._row(name) for name in group.names if name in self.fields]
            if rows:
                found.append({"key": group.key, "title": group.title, "help": group.help, "rows": rows})
        return found

    @property
    def offered(self) -> list[tuple[str, str]]:
        """The languages that could be added, by their names in the language of the page."""
        taken = {self.known.default_locale, *self.languages}
        names = [(locale, language_name(locale)) for locale in LOCALES if locale not in taken]
        return sorted(names, key=lambda pair: pair[1].casefold())

    def _row(self, name: str) -> dict[str, Any]:
        row: dict[str, Any] = {"name": name, "field": self[name], "needed": _is_needed(name)}
        if name in TRANSLATED and self.languages:
            row["texts"] = [
                {"locale": locale, "language": language_name(locale), "field": self[f"{name}-{locale}"]}
                for locale in self.languages
            ]
        if name == "visibility":
            row["choices"] = [(box, VISIBILITY_HELP[box.data["value"]]) for box in self[name]]
        return row


def _locales(wanted: Iterable[str], default: str) -> list[str]:
    found = {locale for name in wanted if (locale := canonical_locale(name)) and locale != default}
    return sorted(found)[:MOST_LANGUAGES]


def _is_needed(name: str) -> bool:
    return (name in BY_NAME and BY_NAME[name].required) or name == "licenseAbbreviation"


def _initial(known: Known) -> dict[str, Any]:
    initial = dict(known.values)
    cents = initial.get("basePriceCents")
    initial["basePriceCents"] = None if cents is None else (Decimal(cents) / 100).normalize()
    for name, texts in known.texts.items():
        initial |= {f"{name}-{locale}": text for locale, text in texts.items()}
    return initial


def _field(name: str, known: Known) -> forms.Field:
    label, explained = LABELS[name]
    common: dict[str, Any] = {"label": label, "help_text": explained, "required": name == "name"}
    if name == EXCLUSIVITY or BY_NAME[name].kind == table.BOOLEAN:
        return forms.BooleanField(**common)
    field = BY_NAME[name]
    if name == "visibility":
        choices = [(value, VISIBILITY_WORDS[value]) for value in _visibilities(known)]
        return forms.ChoiceField(choices=choices, widget=forms.RadioSelect, **common)
    if name == "task":
        return forms.ChoiceField(choices=[("", _("Not chosen yet")), *TASKS.items()], **common)
    if field.kind == table.CENTS:
        lowest, highest = (
            Decimal(cents) / 100 for cents in (table.LOWEST_PRICE_CENTS, table.HIGHEST_PRICE_CENTS)
        )
        return forms.DecimalField(
            min_value=lowest, max_value=highest, decimal_places=2, max_digits=9, **common
        )
    if field.kind == table.EMAIL:
        return forms.EmailField(max_length=field.limit, **common)
    if field.kind == table.ADDRESS:
        return forms.URLField(max_length=field.limit, assume_scheme="https", **common)
    common["help_text"] = _with_limit(explained, field.limit)
    attrs = _attrs(known.default_locale) if name in TRANSLATED else {"dir": "auto"}
    if name == "licenseAbbreviation":
        attrs = {"list": "licences", "autocomplete": "off"}
    return Text(max_length=field.limit, widget=_widget(name, attrs), **common)


def _translation(name: str, locale: str) -> forms.Field:
    return Text(
        max_length=BY_NAME[name].limit, required=False, widget=_widget(name, _attrs(locale)),
        label=format_lazy("{label}: {language}", label=LABELS[name][0], language=language_name(locale)),
    )  # fmt: skip


def _attrs(locale: str) -> dict[str, str]:
    return {"lang": locale, "dir": direction(locale)}


def _widget(name: str, attrs: Mapping[str, str]) -> forms.Widget:
    if name in LONG:
        return forms.Textarea(attrs={**attrs, "rows": "8"})
    if name == "shortDescription":
        return forms.Textarea(attrs={**attrs, "rows": "3"})
    return forms.TextInput(attrs=dict(attrs))


def _with_limit(explained: Any, limit: int) -> Any:
    return format_lazy(
        "{explained} {limit}",
        explained=explained,
        limit=format_lazy(
            _("At most {number} characters."), number=f"{limit:,}".replace(",", "\N{NARROW NO-BREAK SPACE}")
        ),
    )


def _visibilities(known: Known) -> list[str]:
    """Return what can be chosen: wider than it is, a published dataset becomes only through a review."""
    if not known.is_live:
        return list(VISIBILITIES)
    return [
        value
        for value in VISIBILITIES
        if not table.frozen(
            {field.column: known.values[field.name] for field in table.FIELDS}, {"visibility": value}
        )
    ]


LICENCES = tuple(LICENSES.items())
