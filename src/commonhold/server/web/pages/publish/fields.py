"""What people read beside each field of a submission, in the order of the form."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from commonhold.server.submissions import translations


@dataclass(frozen=True, slots=True)
class Group:
    """Fields that stand together.

    Attributes:
        key: for addresses within the page.
        title: its heading.
        help: what it is for.
        names: of its fields, as the Data Collective API spells them.
    """

    key: str
    title: Promise
    help: Promise
    names: tuple[str, ...]


GROUPS = (
    Group(
        "about", _("What it is"), _("What people find, and read first."),
        ("name", "shortDescription", "longDescription", "locale", "task", "format"),
    ),
    Group(
        "licence", _("Licence and conditions"),
        _("These texts become part of the terms that everyone agrees to before a download."),
        ("licenseAbbreviation", "license", "licenseUrl", "restrictions", "forbiddenUsage", "additionalConditions",
         "terms"),
    ),
    Group(
        "background", _("Background"), _("How the data came about, and what it is meant for."),
        ("intendedUsage", "ethicalReviewProcess", "other", "showComplianceAttributes"),
    ),
    Group(
        "access", _("Access and price"), _("Who may download it, and for how much."),
        ("visibility", "autoApproveAccessRequests", "isPaid", "basePriceCents", "exclusivityOptOut"),
    ),
    Group(
        "contacts", _("People"), _("Whom to ask, and who made and paid for it."),
        (
            "pointOfContactFullName", "pointOfContactEmail", "showContactInfo", "createdByFullName", "createdByEmail",
            "fundedByFullName", "fundedByEmail", "legalContactFullName", "legalContactEmail",
        ),
    ),
)  # fmt: skip

LABELS: dict[str, tuple[Promise, Promise | str]] = {
    "name": (_("Name"), _("As it should stand in the catalogue.")),
    "shortDescription": (_("Short description"), _("One or two sentences for lists.")),
    "longDescription": (_("Description"), _("What is in it, how much of it, how it was made. Markdown.")),
    "locale": (_("Language of the data"), _("Its code, such as “sw” or “pt-BR”; “mul” for several.")),
    "task": (_("Task"), _("What it is mostly used for.")),
    "format": (_("Format"), _("Of the files in the archive, such as “TSV” or “MP3”.")),
    "licenseAbbreviation": (
        _("Licence"), _("One of the list, or an abbreviation of your own; then its full name is needed below."),
    ),
    "license": (_("Full name of the licence"), _("Only for a licence that is not on the list.")),
    "licenseUrl": (_("Address of the licence"), _("Where its text can be read, with https:// in front.")),
    "restrictions": (_("Restrictions"), _("What users must observe. If nothing beyond the licence, say so. Markdown.")),
    "forbiddenUsage": (_("Forbidden usage"), _("What nobody may do with it. Markdown.")),
    "additionalConditions": (_("Additional conditions"), _("Anything else users agree to. Markdown.")),
    "terms": (_("Terms of your own"), _("On top of the site's standard terms and all of the above. Markdown.")),
    "intendedUsage": (_("Intended usage"), _("What it was made for. Markdown.")),
    "ethicalReviewProcess": (_("Ethical review"), _("Who looked at it, and how people consented. Markdown.")),
    "other": (_("Datasheet"), _("All the rest that users should know. Markdown.")),
    "showComplianceAttributes": (_("Show what was said about compliance on the dataset's page"), ""),
    "visibility": (_("Visibility"), ""),
    "autoApproveAccessRequests": (
        _("Approve requests for access automatically"), _("Only for a restricted dataset: people still have to ask."),
    ),
    "isPaid": (_("It has a price"), _("Organizations pay it before they can download.")),
    "basePriceCents": (_("Price in US dollars"), _("Between 100 and 50,000.")),
    "exclusivityOptOut": (
        _("It may also be offered elsewhere"), _("Tick this if you want to be free to publish it in other places too."),
    ),
    "pointOfContactFullName": (_("Contact: name"), ""),
    "pointOfContactEmail": (_("Contact: e-mail"), ""),
    "showContactInfo": (_("Show the contact on the dataset's page"), ""),
    "createdByFullName": (_("Created by: name"), ""),
    "createdByEmail": (_("Created by: e-mail"), ""),
    "fundedByFullName": (_("Funded by: name"), ""),
    "fundedByEmail": (_("Funded by: e-mail"), ""),
    "legalContactFullName": (_("Legal contact: name"), ""),
    "legalContactEmail": (_("Legal contact: e-mail"), ""),
}  # fmt: skip

VISIBILITY_HELP = {
    "public": _("Everyone who agrees to the terms may download it."),
    "restricted": _("Everyone sees it; you decide who may download it."),
    "private": _("Only members of your organization see it and download it."),
}
LONG = {
    "longDescription", "restrictions", "forbiddenUsage", "additionalConditions", "intendedUsage",
    "ethicalReviewProcess", "other", "terms",
}  # fmt: skip
# Written in one language or in several, side by side.
TRANSLATED = tuple(field.name for field in translations.TRANSLATED)
