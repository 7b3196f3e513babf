"""Every field of a submission that its publisher fills in: its type, its limit, what a submission cannot do without.

Pure decisions. Source: collective-api.md 4.1, decisions 10 and 13. One table serves both APIs, the forms and the pages.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from commonhold.server.catalogue.states import PUBLIC, RESTRICTED, VISIBILITIES
from commonhold.server.catalogue.vocabularies import LICENSES, TASKS

TEXT, EMAIL, ADDRESS, CHOICE, BOOLEAN, CENTS = "text", "email", "address", "choice", "boolean", "cents"
LOWEST_PRICE_CENTS, HIGHEST_PRICE_CENTS = 10_000, 5_000_000
CURRENCY = "usd"
# Old clients know two tasks by other names (collective-api.md 1.6).
_FORMER_TASKS = {"LI": "LID", "Other": "OTH"}

Mistakes = dict[str, str]


@dataclass(frozen=True, slots=True)
class Field:
    """One field.

    Attributes:
        name: as the Data Collective API spells it.
        column: of the model.
        kind: what it holds.
        limit: characters at most.
        choices: the values a choice takes.
        required: a submission cannot be submitted without it.
        live: it can still be changed once the submission is approved, and shows at once (decision 13).
        translated: it can carry its text in other languages too (``translations.py``).
    """

    name: str
    column: str
    kind: str = TEXT
    limit: int = 7500
    choices: tuple[str, ...] = ()
    required: bool = False
    live: bool = True
    translated: bool = False


def _contacts() -> tuple[Field, ...]:
    found = []
    for stem in ("pointOfContact", "fundedBy", "legalContact", "createdBy"):
        required = stem == "pointOfContact"
        column = re.sub(r"(?<!^)(?=[A-Z])", "_", stem).lower()
        found.append(Field(f"{stem}FullName", f"{column}_full_name", limit=255, required=required))
        found.append(Field(f"{stem}Email", f"{column}_email", EMAIL, 254, required=required))
    return tuple(found)


FIELDS = (
    Field("name", "name", limit=255, required=True, translated=True),
    Field("shortDescription", "short_description", limit=160, translated=True),
    Field("longDescription", "long_description", required=True, translated=True),
    Field("locale", "locale", limit=20, required=True),
    Field("task", "task", CHOICE, choices=TASKS, required=True),
    Field("format", "format", limit=50, required=True),
    Field("licenseAbbreviation", "license_abbreviation", limit=25, live=False),
    Field("license", "license", limit=1000, live=False),
    Field("licenseUrl", "license_url", ADDRESS, 1000, live=False),
    Field("restrictions", "restrictions", required=True, live=False, translated=True),
    Field("forbiddenUsage", "forbidden_usage", required=True, live=False, translated=True),
    Field("additionalConditions", "additional_conditions", live=False, translated=True),
    Field("terms", "terms", limit=25_000, live=False, translated=True),
    Field("intendedUsage", "intended_usage"),
    Field("ethicalReviewProcess", "ethical_review_process"),
    Field("other", "other", limit=25_000),
    *_contacts(),
    Field("showContactInfo", "show_contact_info", BOOLEAN),
    Field("showComplianceAttributes", "show_compliance_attributes", BOOLEAN),
    Field("visibility", "visibility", CHOICE, choices=VISIBILITIES, required=True),
    Field("isPaid", "is_paid", BOOLEAN, live=False),
    Field("basePriceCents", "base_price_cents", CENTS, live=False),
    Field("currency", "currency", CHOICE, choices=(CURRENCY,), live=False),
    Field("autoApproveAccessRequests", "auto_approve_access_requests", BOOLEAN),
)
BY_NAME = {field.name: field for field in FIELDS}
# Written as a wish, kept as the moment it was uttered.
EXCLUSIVITY = "exclusivityOptOut"
ABSENT = gettext_noop("Is missing.")


class MistakeError(ValueError):
    """A value that a field does not take; the text says what it takes."""


def read(sent: Mapping[str, Any]) -> tuple[dict[str, Any], Mistakes]:
    """Return what was sent as columns and values, and what is wrong with it; unknown keys are ignored (decision 10)."""
    values: dict[str, Any] = {}
    mistakes: Mistakes = {}
    for field in FIELDS:
        if field.name not in sent:
            continue
        try:
            values[field.column] = _READERS[field.kind](field, sent[field.name])
        except MistakeError as mistake:
            mistakes[field.name] = str(mistake)
    opt_out = sent.get(EXCLUSIVITY)
    if EXCLUSIVITY in sent and not (opt_out is None or isinstance(opt_out, bool)):
        mistakes[EXCLUSIVITY] = _("Must be true, false or null.")
    return values, mistakes


def settle(current: Mapping[str, Any], changes: dict[str, Any]) -> tuple[dict[str, Any], Mistakes]:
    """Return the changes with what follows from them, and what does not go together with what is there already.

    Args:
        current: every field as it is, by column.
        changes: what is asked for, by column.
    """
    changes = dict(changes)
    if changes.get("is_paid") is False:
        # The official client cannot send null: giving a dataset away takes its price with it.
        changes.setdefault("base_price_cents", None)
        changes.setdefault("currency", "")
    if changes.get("license_abbreviation") in LICENSES:
        # A predefined licence has its own name and address.
        changes["license"] = changes["license_url"] = ""
    merged = {**current, **changes}
    if merged["is_paid"] and not merged["currency"]:
        changes["currency"] = merged["currency"] = CURRENCY
    return changes, pairings(merged)


def pairings(fields: Mapping[str, Any]) -> Mistakes:
    """Return which fields contradict each other."""
    mistakes: Mistakes = {}
    if fields["is_paid"] and fields["base_price_cents"] is None:
        mistakes["basePriceCents"] = _(
            "Is needed for a dataset that is paid for: whole US cents, %(lowest)d to %(highest)d."
        ) % {"lowest": LOWEST_PRICE_CENTS, "highest": HIGHEST_PRICE_CENTS}
    if not fields["is_paid"] and fields["base_price_cents"] is not None:
        mistakes["basePriceCents"] = _("Is only possible for a dataset that is paid for.")
    if not fields["is_paid"] and fields["currency"]:
        mistakes["currency"] = _("Is only possible for a dataset that is paid for.")
    if fields["auto_approve_access_requests"] and fields["visibility"] not in {"", RESTRICTED}:
        mistakes["autoApproveAccessRequests"] = _("Is only possible with the visibility “restricted”.")
    return mistakes


def missing(fields: Mapping[str, Any], *, has_file: bool) -> Mistakes:
    """Return everything that a submission still lacks before it can be submitted, and why it does."""
    mistakes = {field.name: _(ABSENT) for field in FIELDS if field.required and not fields[field.column]}
    abbreviation, name = fields["license_abbreviation"], fields["license"]
    if not abbreviation and not name:
        mistakes["licenseAbbreviation"] = _(
            "Is missing: name a licence here, or a licence of your own by its full name."
        )
    elif abbreviation not in LICENSES and not name:
        mistakes["license"] = _(
            "Is missing: “%(abbreviation)s” is no predefined licence, so its full name is needed here."
        ) % {"abbreviation": abbreviation}
    if fields["auto_approve_access_requests"] and fields["visibility"] != RESTRICTED:
        mistakes["autoApproveAccessRequests"] = _("Is only possible with the visibility “restricted”.")
    if not has_file:
        mistakes["fileUploadId"] = _(
            "Is missing: upload the dataset's archive, and complete the upload, first."
        )
    return {**mistakes, **pairings(fields)}


def frozen(current: Mapping[str, Any], changes: Mapping[str, Any]) -> list[str]:
    """Return the names of the fields that an approved submission would change but must not (decision 13)."""
    names = [
        field.name
        for field in FIELDS
        if not field.live and field.column in changes and changes[field.column] != current[field.column]
    ]
    if "visibility" in changes and _width(changes["visibility"]) > _width(current["visibility"]):
        names.append("visibility")
    return names


def _width(visibility: str) -> int:
    return {PUBLIC: 2, RESTRICTED: 1}.get(visibility, 0)


def bounded_text(field: Field, value: object) -> str:
    """Return a text that a field could hold, trimmed.

    Raises:
        MistakeError: it is no text, or too long.
    """
    if not isinstance(value, str):
        raise MistakeError(_("Must be text."))
    text = value.strip()
    if "\0" in text or any(0xD800 <= ord(character) <= 0xDFFF for character in text):
        raise MistakeError(_("Must be text."))
    if len(text) > field.limit:
        told = _("Must have at most %(limit)d characters, not %(length)d.")
        raise MistakeError(told % {"limit": field.limit, "length": len(text)})
    return text


def _text(field: Field, value: object) -> str:
    if value is None and field.name != "name":
        return ""
    text = bounded_text(field, value)
    if not text and field.name == "name":
        raise MistakeError(_("Must not be empty."))
    return text


def _email(field: Field, value: object) -> str:
    text = _text(field, value)
    if text:
        try:
            validate_email(text)
        except ValidationError:
            raise MistakeError(_("Must be an e-mail address.")) from None
    return text


def _address(field: Field, value: object) -> str:
    text = _text(field, value)
    if not text:
        return ""
    try:
        parts = urlsplit(text)
        host = parts.hostname
    except ValueError:
        host = None
    if not host or parts.scheme not in {"http", "https"} or re.search(r"[\s<>\"\\^`{|}]", text):
        raise MistakeError(_("Must be an address such as https://example.org/license."))
    return text


def _choice(field: Field, value: object) -> str:
    text = _text(field, value)
    if field.name == "task":
        text = _FORMER_TASKS.get(text, text)
    if text and text not in field.choices:
        raise MistakeError(_("Must be one of: %(choices)s.") % {"choices": ", ".join(field.choices)})
    return text


def _boolean(field: Field, value: object) -> bool:  # noqa: ARG001  one signature for all readers
    if not isinstance(value, bool):
        raise MistakeError(_("Must be true or false."))
    return value


def _cents(field: Field, value: object) -> int | None:  # noqa: ARG001  as above
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int):
        raise MistakeError(_("Must be a whole number of US cents."))
    if not LOWEST_PRICE_CENTS <= value <= HIGHEST_PRICE_CENTS:
        told = _("Must be between %(lowest)d and %(highest)d.")
        raise MistakeError(told % {"lowest": LOWEST_PRICE_CENTS, "highest": HIGHEST_PRICE_CENTS})
    return value


_READERS: dict[str, Callable[[Field, object], Any]] = {
    TEXT: _text,
    EMAIL: _email,
    ADDRESS: _address,
    CHOICE: _choice,
    BOOLEAN: _boolean,
    CENTS: _cents,
}
