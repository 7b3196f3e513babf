"""What the v4 API takes of a submission: checked, then turned into the room's own fields, and mistakes turned back."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from commonhold.server.api.v4.errors import NON_FIELD_ERRORS
from commonhold.server.api.v4.inputs import Input
from commonhold.server.api.v4.translated import TranslatedField
from commonhold.server.catalogue.states import VISIBILITIES
from commonhold.server.catalogue.vocabularies import TASKS
from commonhold.server.kit.translation import LOCALES
from commonhold.server.submissions import fields, translations
from commonhold.server.submissions.actions.review import LONGEST_NOTE

# Translated fields, by their names here and in the room.
TRANSLATED = {
    "name": "name", "summary": "shortDescription", "description": "longDescription", "restrictions": "restrictions",
    "forbidden_usage": "forbiddenUsage", "additional_conditions": "additionalConditions", "terms": "terms",
}  # fmt: skip
_PLAIN = {
    "locale": "locale", "task": "task", "format": "format", "license": "licenseAbbreviation",
    "license_name": "license", "license_url": "licenseUrl", "intended_usage": "intendedUsage",
    "ethical_review_process": "ethicalReviewProcess", "other": "other",
    "show_compliance_attributes": "showComplianceAttributes", "visibility": "visibility", "is_paid": "isPaid",
    "base_price_cents": "basePriceCents", "currency": "currency",
    "auto_approve_access_requests": "autoApproveAccessRequests",
    "exclusivity_opt_out": fields.EXCLUSIVITY, "default_locale": translations.DEFAULT_LOCALE,
}  # fmt: skip
_PEOPLE = {
    "contact": "pointOfContact",
    "funder": "fundedBy",
    "legal_contact": "legalContact",
    "creator": "createdBy",
}
_SHOW = "showContactInfo"
# Where a mistake in a field of the room is told.
_PLACES: dict[str, tuple[str, ...]] = {
    **{name: (here,) for here, name in (TRANSLATED | _PLAIN).items()},
    **{f"{stem}FullName": (here, "name") for here, stem in _PEOPLE.items()},
    **{f"{stem}Email": (here, "email") for here, stem in _PEOPLE.items()},
    _SHOW: ("contact", "show"),
    "fileUploadId": ("archive",),
    "agreeToSubmit": ("agree_to_submit",),
    "datasetId": ("dataset",),
    "note": ("note",),
}


def _translated(name: str, **more: Any) -> TranslatedField:
    return TranslatedField(max_length=fields.BY_NAME[TRANSLATED[name]].limit, **more)


def _optional(name: str) -> TranslatedField:
    return _translated(name, required=False, allow_null=True)


def _text(name: str) -> serializers.CharField:
    limit = fields.BY_NAME[name].limit
    return serializers.CharField(max_length=limit, required=False, allow_blank=True, allow_null=True)


def _choice(choices: tuple[str, ...]) -> serializers.ChoiceField:
    return serializers.ChoiceField(choices, required=False, allow_blank=True, allow_null=True)


class PersonInput(Input):
    """Somebody behind a dataset; what is left out stays."""

    name = serializers.CharField(max_length=255, required=False, allow_blank=True, allow_null=True)
    email = serializers.EmailField(max_length=254, required=False, allow_blank=True, allow_null=True)


class ShownPersonInput(PersonInput):
    """Whom to write to."""

    show = serializers.BooleanField(required=False)


class SubmissionInput(Input):
    """The fields of a submission that its publisher fills in."""

    default_locale = serializers.ChoiceField(LOCALES, required=False)
    name = _translated("name")
    summary = _optional("summary")
    description = _optional("description")
    restrictions = _optional("restrictions")
    forbidden_usage = _optional("forbidden_usage")
    additional_conditions = _optional("additional_conditions")
    terms = _optional("terms")
    locale = _text("locale")
    task = _choice(TASKS)
    format = _text("format")
    license = _text("licenseAbbreviation")
    license_name = _text("license")
    license_url = _text("licenseUrl")
    intended_usage = _text("intendedUsage")
    ethical_review_process = _text("ethicalReviewProcess")
    other = _text("other")
    contact = ShownPersonInput(required=False, allow_null=True)
    funder = PersonInput(required=False, allow_null=True)
    legal_contact = PersonInput(required=False, allow_null=True)
    creator = PersonInput(required=False, allow_null=True)
    show_compliance_attributes = serializers.BooleanField(required=False)
    visibility = _choice(VISIBILITIES)
    exclusivity_opt_out = serializers.BooleanField(required=False)
    is_paid = serializers.BooleanField(required=False)
    base_price_cents = serializers.IntegerField(
        min_value=fields.LOWEST_PRICE_CENTS,
        max_value=fields.HIGHEST_PRICE_CENTS,
        required=False,
        allow_null=True,
    )
    currency = _choice((fields.CURRENCY,))
    auto_approve_access_requests = serializers.BooleanField(required=False)


class NewSubmissionInput(SubmissionInput):
    """What a new submission says; ``dataset`` is the one it changes, whose texts it begins with."""

    organization = serializers.CharField(max_length=100, required=False)
    dataset = serializers.CharField(max_length=64, required=False, allow_null=True)


class AgreementInput(Input):
    """That the publisher agrees to the terms for publishers."""

    agree_to_submit = serializers.BooleanField()


class NoteInput(Input):
    """What a reviewer tells the publisher."""

    note = serializers.CharField(max_length=LONGEST_NOTE)


class EmptyInput(Input):
    """Nothing: the address says it all."""


def as_sent(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return checked input as the room reads it; translations are merged there, under its lock (rules 6.15 to 6.20)."""
    sent: dict[str, Any] = {name: given[here] for here, name in _PLAIN.items() if here in given}
    texts: dict[str, Any] = {}
    for here, name in TRANSLATED.items():
        if here not in given:
            continue
        if given[here] is None:
            sent[name] = None
        else:
            texts[name] = given[here]
    if texts:
        sent[translations.TRANSLATIONS] = texts
    for here, stem in _PEOPLE.items():
        if here in given:
            sent |= _person(given[here], stem, is_shown=here == "contact")
    return sent


def _person(given: Mapping[str, Any] | None, stem: str, *, is_shown: bool) -> dict[str, Any]:
    if given is None:
        return {f"{stem}FullName": "", f"{stem}Email": "", **({_SHOW: False} if is_shown else {})}
    names = {"name": f"{stem}FullName", "email": f"{stem}Email", "show": _SHOW}
    return {names[key]: value for key, value in given.items()}


def invalid(mistakes: Mapping[str, str]) -> ValidationError:
    """Return the 400 for what the room found wrong, each mistake where it was sent from."""
    body: dict[str, Any] = {}
    for name, text in mistakes.items():
        told = _("This field is required.") if text == _(fields.ABSENT) else text
        *outer, last = _place(name)
        inner = body
        for key in outer:
            inner = inner.setdefault(key, {})
        inner.setdefault(last, []).append(told)
    return ValidationError(body)


def _place(name: str) -> tuple[str, ...]:
    field = name.split(".")[1] if name.startswith(f"{translations.TRANSLATIONS}.") else name
    return _PLACES.get(field, (NON_FIELD_ERRORS,))


def settled(names: list[str]) -> ValidationError:
    """Return the 400 for fields that are settled by an approval (decision 13)."""
    told = _(
        "Settled by the approval: it changes through a new submission with the dataset's id as “dataset”."
    )
    return invalid(dict.fromkeys(names, told))
