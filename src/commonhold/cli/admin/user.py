"""``commonhold admin user``: people."""

import sys

import click

from commonhold.cli.admin.house import house_options, person_with
from commonhold.cli.output import Output
from commonhold.client.errors import UsageError


@click.group("user")
def command() -> None:
    """People who can sign in."""


@command.command("create")
@click.argument("email")
@click.option("--name", default="", help="The person's name.")
@click.option(
    "--role", "roles", multiple=True, type=click.Choice(["reviewer", "operator"]), help="For the whole site."
)
@click.option(
    "--password-stdin", is_flag=True, help="Read the password from standard input instead of asking."
)
@click.option("--no-password", is_flag=True, help="Without one: the person sets it by “forgot password”.")
@house_options
def create(
    email: str, name: str, roles: tuple[str, ...], password_stdin: bool, no_password: bool, output: Output
) -> None:
    """Create a person whose address is taken as confirmed."""
    from allauth.account.models import EmailAddress  # noqa: PLC0415  loaded where it is used
    from django.contrib.auth.password_validation import validate_password  # noqa: PLC0415
    from django.core.exceptions import ValidationError  # noqa: PLC0415
    from django.core.validators import validate_email  # noqa: PLC0415
    from django.db import transaction  # noqa: PLC0415

    from commonhold.server.accounts.actions import create_person  # noqa: PLC0415
    from commonhold.server.accounts.models import Person  # noqa: PLC0415

    if Person.objects.filter(email=email.strip().lower()).exists():
        raise UsageError(f"There is already a person with the address {email}.")
    password = None if no_password else _password(from_stdin=password_stdin)
    try:
        validate_email(email)
        if password is not None:
            validate_password(password)
    except ValidationError as error:
        raise UsageError(" ".join(error.messages)) from error
    with transaction.atomic():
        person = create_person(email, password, name=name, site_roles=frozenset(roles))
        EmailAddress.objects.create(user=person, email=person.email, verified=True, primary=True)
    facts = {"email": person.email, "name": person.name, "roles": list(roles)}
    if not output.data(facts):
        output.line(
            f"{person.email} can sign in."
            if password
            else f"{person.email} has an account without a password."
        )


@command.command("list")
@house_options
def list_people(output: Output) -> None:
    """List everybody."""
    from commonhold.server.accounts.models import Person  # noqa: PLC0415  loaded where it is used

    people = [
        {
            "email": person.email,
            "name": person.name,
            "roles": [role for role in ("reviewer", "operator") if getattr(person, f"is_{role}")],
            "active": person.is_active,
            "organizations": [membership.organization.slug for membership in person.memberships.all()],
        }
        for person in Person.objects.order_by("email").prefetch_related("memberships__organization")
    ]
    if output.data({"people": people}):
        return
    rows = [
        [person["email"], person["name"], ", ".join(person["roles"]), "" if person["active"] else "deactivated",
         ", ".join(person["organizations"])]
        for person in people
    ]  # fmt: skip
    output.table(["E-MAIL", "NAME", "ROLES", "", "ORGANIZATIONS"], rows, shrink=4)


@command.command("deactivate")
@click.argument("email")
@click.option("--undo", is_flag=True, help="Let the person in again.")
@house_options
def deactivate(email: str, undo: bool, output: Output) -> None:
    """Keep a person out: sign-in and all their keys end at once."""
    from commonhold.server.accounts.actions import set_active  # noqa: PLC0415  loaded where it is used

    person = person_with(email)
    set_active(person, active=undo)
    if not output.data({"email": person.email, "active": undo}):
        output.line(f"{person.email} {'can sign in again' if undo else 'is kept out'}.")


def _password(*, from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\n")
    entered: str = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    return entered
