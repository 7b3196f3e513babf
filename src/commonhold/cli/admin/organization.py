"""``commonhold admin organization``: organizations, their limits and members."""

from typing import Any

import click

from commonhold.cli.admin.house import house_options, organization_with, person_with
from commonhold.cli.output import Output
from commonhold.client.errors import UsageError


@click.group("organization")
def command() -> None:
    """Organizations, their limits and members."""


@command.command("create")
@click.argument("slug")
@click.option("--name", required=True, help="Its name.")
@click.option("--can-publish", is_flag=True, help="It may publish datasets.")
@house_options
def create(slug: str, name: str, can_publish: bool, output: Output) -> None:
    """Create an organization."""
    import re  # noqa: PLC0415  used only here

    from commonhold.server.organizations.actions import save_organization  # noqa: PLC0415  as above
    from commonhold.server.organizations.models import Organization  # noqa: PLC0415

    if not re.fullmatch(r"[a-z0-9]([a-z0-9._-]{0,98}[a-z0-9])?", slug):
        raise UsageError("A slug has lower-case letters, digits, hyphens, dots and underscores, at most 100.")
    if Organization.objects.filter(slug=slug).exists():
        raise UsageError(f"There is already an organization {slug}.")
    save_organization(None, Organization(slug=slug), {"name": {"en-US": name}, "can_publish": can_publish})
    if not output.data({"slug": slug, "name": name, "canPublish": can_publish}):
        output.line(f"Organization {slug} is there.")


@command.command("list")
@house_options
def list_organizations(output: Output) -> None:
    """List all organizations but people's own."""
    from django.db.models import Count  # noqa: PLC0415  loaded where it is used

    from commonhold.server.config.environment import environment  # noqa: PLC0415
    from commonhold.server.organizations.models import Organization  # noqa: PLC0415
    from commonhold.server.organizations.rules import effective_limits  # noqa: PLC0415

    found = []
    counted = Organization.objects.filter(personal_of__isnull=True).annotate(people=Count("memberships"))
    for organization in counted.order_by("slug"):
        limits = effective_limits(organization.limits, environment())
        found.append(
            {
                "slug": organization.slug,
                "name": organization.name,
                "canPublish": organization.can_publish,
                "members": organization.people,
                "dailyDownloadLimit": limits.downloads,
                "dailyBandwidthLimit": limits.bandwidth,
                "requestLimit": limits.requests,
            }
        )
    if output.data({"organizations": found}):
        return
    rows = [
        [one["slug"], "publishes" if one["canPublish"] else "", str(one["members"]), _shown(one["dailyDownloadLimit"]),
         _shown(one["dailyBandwidthLimit"]), _shown(one["requestLimit"])]
        for one in found
    ]  # fmt: skip
    output.table(["SLUG", "", "MEMBERS", "DOWNLOADS/DAY", "BYTES/DAY", "REQUESTS"], rows, shrink=0)


@command.command("set")
@click.argument("slug")
@click.option("--can-publish", type=click.Choice(["on", "off"]), help="Whether it may publish datasets.")
@click.option("--daily-download-limit", metavar="N|none|default", help="Downloads in a UTC day.")
@click.option("--daily-bandwidth-limit", metavar="BYTES|none|default", help="Bytes granted in a UTC day.")
@click.option("--request-limit", metavar="RATE|none|default", help="Requests, such as 1000/minute.")
@house_options
def change(
    slug: str,
    can_publish: str | None,
    daily_download_limit: str | None,
    daily_bandwidth_limit: str | None,
    request_limit: str | None,
    output: Output,
) -> None:
    """Change what an organization may do and use; `default` gives a limit back to the site's settings."""
    from commonhold.server.organizations.actions import save_organization  # noqa: PLC0415  loaded where it is used

    organization = organization_with(slug)
    given = {"downloads": daily_download_limit, "bandwidth": daily_bandwidth_limit, "requests": request_limit}
    limits = {**organization.limits}
    for name, text in given.items():
        if text == "default":
            limits.pop(name, None)
        elif text is not None:
            limits[name] = _limit(name, text)
    changes: dict[str, Any] = {"limits": limits}
    if can_publish is not None:
        changes["can_publish"] = can_publish == "on"
    changed = save_organization(None, organization, changes)
    if not output.data(
        {"slug": slug, "changed": changed, "limits": limits, "canPublish": organization.can_publish}
    ):
        output.line(f"{slug} is changed." if changed else f"{slug} was like that already.")


@command.command("member")
@click.argument("slug")
@click.argument("email")
@click.option(
    "--role", type=click.Choice(["owner", "publisher", "member"]), default="member", show_default=True
)
@click.option("--remove", is_flag=True, help="End the membership; keys for this organization end with it.")
@house_options
def member(slug: str, email: str, role: str, remove: bool, output: Output) -> None:
    """Make a person a member, change their role, or end it."""
    from commonhold.server.organizations.actions import end_membership, set_membership  # noqa: PLC0415  used only here

    organization, person = organization_with(slug), person_with(email)
    if remove:
        end_membership(None, person=person.pk, organization=organization.pk)
    else:
        set_membership(None, person=person.pk, organization=organization.pk, role=role)
    if not output.data({"organization": slug, "user": person.email, "role": None if remove else role}):
        output.line(f"{person.email} is {'no member' if remove else role} of {slug}.")


def _limit(name: str, text: str) -> Any:
    from commonhold.server.config.values import count_or_none, rate_or_none  # noqa: PLC0415  as above

    try:
        return rate_or_none(text) if name == "requests" else count_or_none(text)
    except ValueError as error:
        raise UsageError(f"The limit of {name} {error}, or default; not {text!r}.") from error


def _shown(limit: Any) -> str:
    return "no limit" if limit is None else str(limit)
