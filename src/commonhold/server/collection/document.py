"""What a collection file says, as plain values: no database, no files opened, nothing decided yet.

``docs/reference/collection-file.md`` is held against these classes by a test. In every class a field that is
:data:`~commonhold.server.collection.record.UNSET` was not mentioned: what the site holds stays as it is.
"""

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Annotated

from commonhold.server.collection import forms, names
from commonhold.server.collection.composites import ListOf, Many, MapOf, Nullable, One
from commonhold.server.collection.dataset import Dataset
from commonhold.server.collection.mistakes import Mistake
from commonhold.server.collection.names import Texts
from commonhold.server.collection.record import UNSET, Key, Maybe, Need, Record
from commonhold.server.kit.translation import DEFAULT_LOCALE
from commonhold.server.kit.viewer import ROLES, SCOPES, SITE_ROLES


@dataclass(frozen=True, slots=True, kw_only=True)
class Site(Record):
    """Switches of the whole site."""

    read_only: Annotated[Maybe[bool], Key(forms.Boolean(), "Whether the site refuses changes.", False)] = (
        UNSET
    )
    notice: Annotated[
        Maybe[Texts],
        Key(
            forms.Translated(1000), "Notice shown on every page and in `GET /api/v4/site/`; `null`: none.", {}
        ),
    ] = UNSET
    open_catalogue: Annotated[
        Maybe[bool],
        Key(
            forms.Boolean(),
            "Whether `/api/` shows public and restricted datasets without a key.",
            decided="as `COMMONHOLD_OPEN_CATALOGUE` says",
        ),
    ] = UNSET


@dataclass(frozen=True, slots=True, kw_only=True)
class Organization(Record):
    """An organization; its natural key is the slug. Plain strings are en-US."""

    slug: Annotated[str, Key(names.SLUG_OF_ORGANIZATION, "Its name in addresses.", need=Need.ALWAYS)]
    id: Annotated[
        Maybe[str], Key(names.ID, "Public identifier; never changed once given.", decided="made")
    ] = UNSET
    name: Annotated[Maybe[Texts], Key(forms.Translated(255, needed=True), "Its name.", need=Need.NEW)] = UNSET
    description: Annotated[
        Maybe[Texts], Key(forms.Translated(7500, lines=True), "Who they are; `null`: none.", {})
    ] = UNSET
    website: Annotated[Maybe[str | None], Key(Nullable(forms.Address(), "none"), "Their own page.", None)] = (
        UNSET
    )
    can_publish: Annotated[Maybe[bool], Key(forms.Boolean(), "Whether it may publish datasets.", False)] = (
        UNSET
    )
    daily_download_limit: Annotated[
        Maybe[int | None],
        Key(
            Nullable(names.COUNT, "no limit"),
            "Downloads it may start in a UTC day.",
            decided="as `COMMONHOLD_DAILY_DOWNLOAD_LIMIT` says",
        ),
    ] = UNSET
    daily_bandwidth_limit: Annotated[
        Maybe[int | None],
        Key(
            Nullable(names.COUNT, "no limit"),
            "Bytes granted to it in a UTC day.",
            decided="as `COMMONHOLD_DAILY_BANDWIDTH_LIMIT` says",
        ),
    ] = UNSET
    request_limit: Annotated[
        Maybe[str | None],
        Key(
            Nullable(names.RATE, "no limit"),
            "Requests it may make.",
            decided="as `COMMONHOLD_REQUEST_LIMIT` says",
        ),
    ] = UNSET
    platform_fee_rate: Annotated[
        Maybe[Decimal],
        Key(forms.Fraction(), "Part of a base price that is added as the site's fee.", Decimal(0)),
    ] = UNSET


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey(Record):
    """An API key of a person; its natural key is the name, among that person's keys."""

    name: Annotated[str, Key(forms.Text(100), "What its owner calls it.", need=Need.ALWAYS)]
    organization: Annotated[
        Maybe[str | None],
        Key(
            Nullable(names.SLUG_OF_ORGANIZATION, "the person's own"),
            "Slug of the organization it acts for; the person must be a member.",
            None,
        ),
    ] = UNSET
    key: Annotated[Maybe[str], Key(forms.ApiKey(), "The key itself.", decided="made, and printed once")] = (
        field(default=UNSET, repr=False)
    )
    scopes: Annotated[
        Maybe[tuple[str, ...]],
        Key(ListOf(forms.Choice(SCOPES)), "What it may be used for.", SCOPES),
    ] = UNSET
    expires: Annotated[
        Maybe[dt.datetime | None],
        Key(Nullable(forms.Moment(), "never"), "When it ends.", None),
    ] = UNSET


@dataclass(frozen=True, slots=True, kw_only=True)
class JwtCredential(Record):
    """An issuer and secret that sign `JWT` requests to `/api/v4/`; its natural key is the issuer."""

    issuer: Annotated[str, Key(names.ISSUER, "The `iss` claim.", need=Need.ALWAYS)]
    secret: Annotated[str, Key(names.JWT_SECRET, "The secret, used as the text it is.", need=Need.ALWAYS)] = (
        field(repr=False)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class User(Record):
    """A person; the natural key is the e-mail address, in lower case."""

    email: Annotated[str, Key(names.EMAIL, "E-mail address, taken as confirmed.", need=Need.ALWAYS)]
    password: Annotated[
        Maybe[str | None],
        Key(
            Nullable(forms.Text(1024, secret=True), "none, the person signs in another way"),
            "Password to sign in with; kept only as a hash.",
            need=Need.NEW,
        ),
    ] = field(default=UNSET, repr=False)
    name: Annotated[
        Maybe[str],
        Key(forms.Text(255), "The person's name.", decided="the part of the address before the `@`"),
    ] = UNSET
    locale: Annotated[Maybe[str], Key(forms.Locale(), "Language of pages and messages.", DEFAULT_LOCALE)] = (
        UNSET
    )
    roles: Annotated[
        Maybe[tuple[str, ...]],
        Key(
            ListOf(forms.Choice(SITE_ROLES)),
            "Roles for the whole site; the list replaces the former one.",
            (),
        ),
    ] = UNSET
    memberships: Annotated[
        Maybe[dict[str, str]],
        Key(
            MapOf(names.SLUG_OF_ORGANIZATION, forms.Choice(ROLES)),
            "Role by organization slug; memberships that are not mentioned stay.",
            {},
        ),
    ] = UNSET
    api_keys: Annotated[
        Maybe[tuple[ApiKey, ...]], Key(Many(ApiKey), "API keys; those that are not mentioned stay.", ())
    ] = UNSET
    jwt: Annotated[
        Maybe[tuple[JwtCredential, ...]],
        Key(Many(JwtCredential), "JWT credentials; those that are not mentioned stay.", ()),
    ] = UNSET


@dataclass(frozen=True, slots=True, kw_only=True)
class Document(Record):
    """The file as a whole. Sections that are missing say nothing."""

    site: Annotated[Site, Key(One(Site), "Switches of the whole site.")] = Site()
    organizations: Annotated[
        tuple[Organization, ...],
        Key(Many(Organization), "Organizations, made or changed before everything else."),
    ] = ()
    users: Annotated[tuple[User, ...], Key(Many(User), "People.")] = ()
    datasets: Annotated[tuple[Dataset, ...], Key(Many(Dataset), "Datasets.")] = ()


@dataclass(frozen=True, slots=True)
class Reference:
    """A name that the file uses and does not declare: the database knows it, or ``mistake`` is reported.

    Attributes:
        kind: ``organization`` (a slug), ``user`` (an e-mail address), or ``membership`` (a slug; ``person``
            must belong to that organization).
        name: the slug or the address.
        mistake: what to report when the database knows no such thing either.
        person: e-mail address, for a membership.
    """

    kind: str
    name: str
    mistake: Mistake
    person: str = ""


@dataclass(frozen=True, slots=True)
class Collection:
    """A collection file that was read and found free of mistakes.

    Attributes:
        path: the file itself; paths in the entries start where this one starts.
        unresolved: names to look up in the database before anything is changed.
    """

    path: Path
    site: Site
    organizations: tuple[Organization, ...]
    users: tuple[User, ...]
    datasets: tuple[Dataset, ...]
    unresolved: tuple[Reference, ...]
