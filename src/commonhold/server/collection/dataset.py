"""What a collection file says of a dataset."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Annotated

from commonhold.server.catalogue.states import PUBLIC, PUBLISHED, STATUSES, VISIBILITIES
from commonhold.server.catalogue.vocabularies import TASKS
from commonhold.server.collection import forms, names
from commonhold.server.collection.composites import ListOf, Many, Nullable, One
from commonhold.server.collection.names import Texts
from commonhold.server.collection.record import UNSET, Key, Maybe, Need, Record
from commonhold.server.kit.translation import DEFAULT_LOCALE
from commonhold.server.submissions.states import STATES


@dataclass(frozen=True, slots=True, kw_only=True)
class Version(Record):
    """One version of a dataset's archive; its natural key is the content."""

    file: Annotated[Path, Key(names.ARCHIVE, "The archive.", need=Need.ALWAYS)]
    created: Annotated[
        Maybe[dt.datetime], Key(forms.Moment(), "When it was published.", decided="the moment of loading")
    ] = UNSET
    notes: Annotated[
        Maybe[Texts], Key(forms.Translated(7500, lines=True), "What changed; `null`: nothing to say.", {})
    ] = UNSET


@dataclass(frozen=True, slots=True, kw_only=True)
class Price(Record):
    """What a dataset costs."""

    base_price_cents: Annotated[
        int, Key(forms.Integer(10_000, 5_000_000), "Base price in cents.", need=Need.ALWAYS)
    ]
    currency: Annotated[str, Key(forms.Choice(("usd",)), "Currency.", "usd")] = "usd"
    platform_fee_rate: Annotated[
        Maybe[Decimal],
        Key(forms.Fraction(), "The site's fee on top.", decided="the organization's rate"),
    ] = UNSET


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact(Record):
    """Whom to ask about a dataset."""

    name: Annotated[str, Key(forms.Text(255), "Full name.", need=Need.ALWAYS)]
    email: Annotated[str, Key(names.EMAIL, "E-mail address.", need=Need.ALWAYS)]
    show: Annotated[bool, Key(forms.Boolean(), "Whether readers see it.", False)] = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission(Record):
    """The submission a dataset came from."""

    id: Annotated[str, Key(names.ID, "Public identifier.", need=Need.ALWAYS)]
    status: Annotated[str, Key(forms.Choice(STATES), "Where it stands.", "approved")] = "approved"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset(Record):
    """A dataset; its natural key is the id, where given, else the slug. One of the two must be there."""

    id: Annotated[
        Maybe[str], Key(names.ID, "Public identifier; never changed once given.", decided="made")
    ] = UNSET
    slug: Annotated[
        Maybe[str], Key(names.SLUG_OF_DATASET, "Its name in addresses.", decided="made from the name")
    ] = UNSET
    organization: Annotated[
        Maybe[str],
        Key(names.SLUG_OF_ORGANIZATION, "Slug of the organization that publishes it.", need=Need.NEW),
    ] = UNSET
    visibility: Annotated[
        Maybe[str], Key(forms.Choice(VISIBILITIES), "Who may see it, and who may download it.", PUBLIC)
    ] = UNSET
    status: Annotated[Maybe[str], Key(forms.Choice(STATUSES), "Whether it can be had at all.", PUBLISHED)] = (
        UNSET
    )
    removed_reason: Annotated[
        Maybe[str | None],
        Key(
            Nullable(forms.Text(1000, lines=True), "none"),
            "Why it was removed (status `removed`).",
            None,
        ),
    ] = UNSET
    withheld_reason: Annotated[
        Maybe[str | None],
        Key(
            Nullable(forms.Text(1000, lines=True), "none"),
            "Legal reason for withholding it (status `withheld`).",
            None,
        ),
    ] = UNSET
    default_locale: Annotated[
        str,
        Key(
            forms.Locale(),
            "Language of plain strings, and of what readers get when theirs is missing; always applied.",
            DEFAULT_LOCALE,
        ),
    ] = DEFAULT_LOCALE
    name: Annotated[Maybe[Texts], Key(forms.Translated(255, needed=True), "Its name.", need=Need.NEW)] = UNSET
    short_description: Annotated[
        Maybe[Texts], Key(forms.Translated(160), "One sentence for lists; `null`: none.", {})
    ] = UNSET
    long_description: Annotated[
        Maybe[Texts], Key(forms.Translated(7500, lines=True), "What the data is; `null`: none.", {})
    ] = UNSET
    locale: Annotated[
        Maybe[str | None],
        Key(Nullable(names.LANGUAGE, "none"), "Language of the data; `mul` for several.", None),
    ] = UNSET
    task: Annotated[Maybe[str], Key(forms.Choice(TASKS), "What it is made for.", "N/A")] = UNSET
    format: Annotated[
        Maybe[str | None],
        Key(Nullable(forms.Text(50), "none"), "Format of the data, such as `TSV`.", None),
    ] = UNSET
    license: Annotated[
        Maybe[str | None],
        Key(
            Nullable(forms.Text(25), "none"),
            "Abbreviation of its licence, SPDX where there is one.",
            None,
        ),
    ] = UNSET
    license_name: Annotated[
        Maybe[str | None],
        Key(Nullable(forms.Text(1000), "none"), "Full name of a licence the site does not know.", None),
    ] = UNSET
    license_url: Annotated[
        Maybe[str | None],
        Key(Nullable(forms.Address(), "none"), "Text of a licence the site does not know.", None),
    ] = UNSET
    restrictions: Annotated[
        Maybe[Texts],
        Key(forms.Translated(7500, lines=True), "Restrictions; part of the terms; `null`: none.", {}),
    ] = UNSET
    forbidden_usage: Annotated[
        Maybe[Texts],
        Key(forms.Translated(7500, lines=True), "Forbidden usage; part of the terms; `null`: none.", {}),
    ] = UNSET
    additional_conditions: Annotated[
        Maybe[Texts],
        Key(forms.Translated(7500, lines=True), "Further conditions; part of the terms; `null`: none.", {}),
    ] = UNSET
    terms: Annotated[
        Maybe[Texts],
        Key(
            forms.Translated(25_000, lines=True),
            "The publisher's own terms, on top; new text in the default locale: a new version; `null`: none.",
            {},
        ),
    ] = UNSET
    agreed_by: Annotated[
        Maybe[tuple[str, ...]],
        Key(
            ListOf(names.EMAIL),
            "People who have agreed to the current terms; agreements only ever add up.",
            (),
        ),
    ] = UNSET
    approved_requesters: Annotated[
        Maybe[tuple[str, ...]],
        Key(ListOf(names.EMAIL), "People whose access requests are approved; those not mentioned stay.", ()),
    ] = UNSET
    auto_approve_access_requests: Annotated[
        Maybe[bool],
        Key(forms.Boolean(), "Whether requests are approved at once (visibility `restricted`).", False),
    ] = UNSET
    created: Annotated[
        Maybe[dt.datetime], Key(forms.Moment(), "When it was published.", decided="the moment of loading")
    ] = UNSET
    file: Annotated[
        Maybe[Path],
        Key(
            names.ARCHIVE,
            "The archive. New bytes are a new version.",
            decided="needed where the status is `published`",
        ),
    ] = UNSET
    versions: Annotated[
        Maybe[tuple[Version, ...]],
        Key(
            Many(Version, least=1),
            "All versions, oldest first, instead of `file`.",
            decided="one version, from `file`",
        ),
    ] = UNSET
    sample: Annotated[
        Maybe[Path | None], Key(Nullable(names.ARCHIVE, "none"), "A small archive to look at first.", None)
    ] = UNSET
    schema: Annotated[
        Maybe[Path | None],
        Key(
            Nullable(forms.File((".yaml", ".yml")), "none"),
            "Loading schema that the official SDK's `load_dataset` reads.",
            None,
        ),
    ] = UNSET
    price: Annotated[Maybe[Price | None], Key(Nullable(One(Price), "free"), "What it costs.", None)] = UNSET
    contact: Annotated[Maybe[Contact | None], Key(Nullable(One(Contact), "nobody"), "Whom to ask.", None)] = (
        UNSET
    )
    submission: Annotated[
        Maybe[Submission],
        Key(One(Submission), "The submission it came from.", decided="one is made, approved"),
    ] = UNSET

    @property
    def archives(self) -> tuple[Version, ...]:
        """The versions that the file brings, oldest first, from whichever key it uses; empty when neither."""
        if self.versions is not UNSET:
            return self.versions
        if self.file is not UNSET:
            return (Version(file=self.file, created=self.created, source=self.source),)
        return ()
