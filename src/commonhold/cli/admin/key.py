"""``commonhold admin key``: API keys."""

import datetime as dt

import click

from commonhold.cli.admin.house import house_options, organization_with, person_with
from commonhold.cli.output import Output
from commonhold.client.errors import NotFoundError, UsageError


@click.group("key")
def command() -> None:
    """API keys."""


@command.command("create")
@click.option("--user", "email", metavar="E-MAIL", required=True, help="Whose key.")
@click.option("--organization", metavar="SLUG", help="What it acts for.  [default: the person's own]")
@click.option("--name", default="", help="What its owner calls it.  [default: key and a number]")
@click.option("--scopes", default="read,download,publish", show_default=True, help="What it may be used for.")
@click.option("--expires", metavar="DATE", help="When it ends, such as 2027-01-31.  [default: never]")
@house_options
def create(
    email: str, organization: str | None, name: str, scopes: str, expires: str | None, output: Output
) -> None:
    """Make a key and print it: it is shown this once, and kept only as a hash."""
    from commonhold.server.credentials.actions import KeyNameTakenError, create_key  # noqa: PLC0415  used only here
    from commonhold.server.credentials.models import ApiKey  # noqa: PLC0415
    from commonhold.server.kit.viewer import SCOPES  # noqa: PLC0415

    person = person_with(email)
    owner = organization_with(organization) if organization else person.personal_organization
    if not person.memberships.filter(organization=owner).exists():
        hint = f"`commonhold admin organization member {owner.slug} {person.email}` makes them one."
        raise UsageError(f"{person.email} is no member of {owner.slug}.", hint=hint)
    wanted = [scope.strip() for scope in scopes.split(",") if scope.strip()]
    if unknown := [scope for scope in wanted if scope not in SCOPES]:
        raise UsageError(f"There is no scope {', '.join(unknown)}; there are {', '.join(SCOPES)}.")
    name = name or f"key {ApiKey.objects.filter(person=person, organization=owner).count() + 1}"
    try:
        row, text = create_key(
            None,
            person=person.pk,
            organization=owner.pk,
            name=name,
            scopes=wanted,
            expires_at=_moment(expires),
        )
    except KeyNameTakenError as error:
        raise UsageError(str(error), hint="Choose another --name, or revoke that key first.") from error
    facts = {
        "name": row.name,
        "user": person.email,
        "organization": owner.slug,
        "scopes": row.scopes,
        "key": text,
    }
    if not output.data(facts):
        output.message(f"Key {row.name!r} of {person.email} for {owner.slug}; it is not shown again:")
        output.line(text)


@command.command("list")
@click.option("--user", "email", metavar="E-MAIL", help="Only this person's.")
@house_options
def list_keys(email: str | None, output: Output) -> None:
    """List live keys."""
    from commonhold.server.credentials.models import ApiKey  # noqa: PLC0415  loaded where it is used
    from commonhold.server.kit.clock import iso  # noqa: PLC0415

    keys = (
        ApiKey.objects.filter(revoked_at__isnull=True).select_related("person", "organization").order_by("id")
    )
    if email:
        keys = keys.filter(person=person_with(email))
    found = [
        {
            "prefix": key.prefix,
            "name": key.name,
            "user": key.person.email,
            "organization": key.organization.slug,
            "scopes": key.scopes,
            "expiresAt": iso(key.expires_at) if key.expires_at else None,
            "lastUsedAt": iso(key.last_used_at) if key.last_used_at else None,
        }
        for key in keys
    ]
    if output.data({"keys": found}):
        return
    rows = [
        [key["prefix"] + "…", key["name"], key["user"], key["organization"], ",".join(key["scopes"]),
         key["expiresAt"] or "never", key["lastUsedAt"] or "never"]
        for key in found
    ]  # fmt: skip
    output.table(["KEY", "NAME", "PERSON", "ORGANIZATION", "SCOPES", "EXPIRES", "LAST USED"], rows, shrink=3)


@command.command("revoke")
@click.argument("name_or_prefix")
@click.option(
    "--user", "email", metavar="E-MAIL", help="Only this person's, where several have one of that name."
)
@house_options
def revoke(name_or_prefix: str, email: str | None, output: Output) -> None:
    """End a key at once, named by its NAME or by the PREFIX that `key list` shows."""
    from django.db.models import Q  # noqa: PLC0415  loaded where it is used

    from commonhold.server.credentials.actions import revoke_key  # noqa: PLC0415
    from commonhold.server.credentials.models import ApiKey  # noqa: PLC0415

    wanted = name_or_prefix.rstrip("…")
    keys = ApiKey.objects.filter(Q(name=wanted) | Q(prefix=wanted[:12]), revoked_at__isnull=True)
    if email:
        keys = keys.filter(person=person_with(email))
    found = list(keys.select_related("person"))
    if not found:
        raise NotFoundError(f"No live key is named {wanted}.", hint="`commonhold admin key list` lists them.")
    if len(found) > 1:
        raise UsageError(f"{len(found)} keys are named {wanted}.", hint="Give the prefix, or --user.")
    revoke_key(None, found[0])
    if not output.data({"prefix": found[0].prefix, "name": found[0].name, "revoked": True}):
        output.line(f"{found[0].prefix}… ({found[0].name}) of {found[0].person.email} is revoked.")


def _moment(text: str | None) -> dt.datetime | None:
    if text is None:
        return None
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"--expires takes a date such as 2027-01-31, not {text}.") from error
    moment = moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
    if moment <= dt.datetime.now(dt.UTC):
        raise UsageError("--expires lies in the past.")
    return moment
