"""The bodies under ``/api/v4/``, as types: what is sent, and what the OpenAPI document says is sent."""

from typing import Annotated

import msgspec
from msgspec import Meta

from commonhold.server.api.v4.translated import Translated

Moment = Annotated[
    str, Meta(description="UTC, as 2025-08-26T12:00:00Z.", extra_json_schema={"format": "date-time"})
]
Address = Annotated[str, Meta(extra_json_schema={"format": "uri"})]


class Shape(msgspec.Struct, frozen=True, kw_only=True):
    """A JSON object with snake_case keys."""


class SiteStatus(Shape):
    """Whether the site takes changes now, and what its operator has to say to everybody."""

    read_only: bool
    notice: str | None


class OrganizationReference(Shape):
    """Who publishes a dataset."""

    slug: str
    name: Translated


class Contact(Shape):
    """Whom to write to about a dataset; ``show`` tells whether everybody sees it."""

    name: str
    email: str
    show: bool


class Version(Shape):
    """One edition of a dataset's archive."""

    number: int
    filename: str
    size_bytes: int
    checksum: Annotated[str, Meta(pattern="^sha256:[0-9a-f]{64}$")]
    created: Moment
    notes: Translated = None


class DatasetSummary(Shape):
    """A dataset in a list. ``summary`` is its short description."""

    id: str
    slug: str
    url: Address
    organization: OrganizationReference
    name: Translated
    summary: Translated
    default_locale: str
    locale: str | None
    task: str | None
    format: str | None
    license: str | None
    license_name: str | None
    license_url: str | None
    visibility: str
    is_paid: bool
    base_price_cents: int | None
    currency: str | None
    has_sample: bool
    version: int | None
    size_bytes: int | None
    created: Moment
    updated: Moment


class Dataset(DatasetSummary):
    """A dataset by itself: ``description`` is the long one, ``terms`` the whole text one agrees to."""

    description: Translated
    terms: Translated
    terms_version: int | None
    filename: str | None
    checksum: str | None
    contact: Contact | None


class Suggestion(Shape):
    """A dataset whose name begins as asked."""

    id: str
    slug: str
    url: Address
    name: Translated


class Suggestions(Shape):
    """At most ten suggestions; not paginated."""

    results: list[Suggestion]


class FacetValue(Shape):
    """One value that the results carry, and how many of them do."""

    value: str
    count: int


class Facets(Shape):
    """What the results carry, most frequent first."""

    organization: list[FacetValue]
    locale: list[FacetValue]
    license: list[FacetValue]
    task: list[FacetValue]
    format: list[FacetValue]
    visibility: list[FacetValue]


class Page(Shape):
    """The keys of every page."""

    page_size: int
    page_count: int
    count: int
    next: Address | None
    previous: Address | None


class DatasetPage(Page):
    """A page of datasets."""

    results: list[DatasetSummary]


class SearchPage(Page):
    """A page of what a search found. ``corrected`` is the query that was answered in place of a misspelled one."""

    results: list[DatasetSummary]
    facets: Facets | None
    corrected: str | None


class VersionPage(Page):
    """A page of a dataset's versions, newest first."""

    results: list[Version]


class Organization(Shape):
    """Somebody who shares data."""

    id: str
    slug: str
    url: Address
    name: Translated
    description: Translated
    website: str | None
    can_publish: bool
    created: Moment


class OrganizationPage(Page):
    """A page of organizations."""

    results: list[Organization]


class Member(Shape):
    """Somebody who belongs to an organization; the address is shown to its owners only."""

    name: str
    email: str | None
    role: str
    since: Moment


class MemberPage(Page):
    """A page of an organization's members."""

    results: list[Member]


class ProfileOrganization(Shape):
    """An organization that somebody belongs to."""

    slug: str
    name: Translated
    role: str
    is_personal: bool


class Profile(Shape):
    """Who is asking."""

    id: int
    name: str
    email: str
    locale: str
    roles: list[str]
    organizations: list[ProfileOrganization]
    site_status: SiteStatus


class Session(Shape):
    """A session that was begun."""

    token: str
    expires: Moment


class JwtIssuer(Shape):
    """The issuer one signs ``JWT`` requests with."""

    issuer: str
    created: Moment


class JwtSecret(JwtIssuer):
    """A new issuer with its secret, which is shown this once."""

    secret: str


class License(Shape):
    """A licence that datasets can name by its abbreviation."""

    abbreviation: str
    name: str


class Task(Shape):
    """What a dataset is for."""

    code: str
    name: str


class Language(Shape):
    """A locale that translated fields take."""

    code: str
    name: str
    native_name: str


class Refusal(Shape, omit_defaults=True):
    """401, 403, 404 and the rest; ``code`` only where a constant of the v4 conventions fits."""

    detail: str
    code: str | None = None


class ReadOnly(Shape):
    """503 while the site is read-only."""

    error: str


class Invalid(Shape):
    """400: each field that is wrong with a list of messages; ``non_field_errors`` for what belongs to none."""

    non_field_errors: list[str] | msgspec.UnsetType = msgspec.UNSET


class ContactInput(Shape, omit_defaults=True):
    """Whom to write to."""

    name: str = ""
    email: str = ""
    show: bool = False


class DatasetInput(Shape, omit_defaults=True):
    """What publishers change live (decision 13); everything else goes through a submission."""

    name: dict[str, str | None] | str | msgspec.UnsetType = msgspec.UNSET
    summary: dict[str, str | None] | str | msgspec.UnsetType | None = msgspec.UNSET
    description: dict[str, str | None] | str | msgspec.UnsetType | None = msgspec.UNSET
    contact: ContactInput | msgspec.UnsetType | None = msgspec.UNSET
    visibility: str | msgspec.UnsetType = msgspec.UNSET


class OrganizationInput(Shape, omit_defaults=True):
    """What owners change."""

    name: dict[str, str | None] | str | msgspec.UnsetType = msgspec.UNSET
    description: dict[str, str | None] | str | msgspec.UnsetType | None = msgspec.UNSET
    website: str | msgspec.UnsetType = msgspec.UNSET


class ProfileInput(Shape, omit_defaults=True):
    """What people change of themselves."""

    name: str | msgspec.UnsetType = msgspec.UNSET
    locale: str | msgspec.UnsetType = msgspec.UNSET


class SignIn(Shape):
    """Address and password."""

    email: str
    password: str


class SiteInput(Shape, omit_defaults=True):
    """The operator's switches."""

    read_only: bool | msgspec.UnsetType = msgspec.UNSET
    notice: dict[str, str | None] | str | msgspec.UnsetType | None = msgspec.UNSET
