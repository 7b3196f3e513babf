"""Opens the site's house for a command: settings read, database up to date, failures told in a line."""

import contextlib
import functools
import os
from collections.abc import Callable, Iterator
from typing import Any

import click

from commonhold.cli.options import output_options
from commonhold.client.errors import DiskFullError, NotFoundError, UsageError


def house_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--data``, ``--json`` and ``--quiet``, and run the command inside the site's house."""

    @click.option("--data", metavar="DIR", help="The site's data folder, instead of COMMONHOLD_DATA.")
    @output_options
    @functools.wraps(function)
    def wrapped(*args: Any, data: str | None, **kwargs: Any) -> Any:
        if data:
            os.environ["COMMONHOLD_DATA"] = data
        with open_house():
            return function(*args, **kwargs)

    return wrapped


@contextlib.contextmanager
def open_house() -> Iterator[None]:
    """Prepare the server's side for use in this process; turn what it raises into the command's errors."""
    from commonhold.server.config.prepare import NewerDataError, prepare  # noqa: PLC0415
    from commonhold.server.config.values import SettingError  # noqa: PLC0415  loaded where it is used

    try:
        prepare()
    except (SettingError, NewerDataError) as error:
        raise UsageError(f"{error}") from error
    except Exception as error:
        from django.db import OperationalError  # noqa: PLC0415  Django may be the very thing that failed

        if isinstance(error, OperationalError):
            hint = "Is COMMONHOLD_DATABASE_URL or the data folder right, and the disk not full?"
            raise UsageError(f"The database cannot be used: {str(error).strip()}", hint=hint) from error
        raise
    with _told():
        yield


@contextlib.contextmanager
def _told() -> Iterator[None]:
    from django.core.exceptions import ObjectDoesNotExist  # noqa: PLC0415  as above
    from django.db import OperationalError  # noqa: PLC0415

    from commonhold.server.storage.interface import StorageFullError  # noqa: PLC0415

    try:
        yield
    except ObjectDoesNotExist as error:
        raise NotFoundError(str(error)) from error
    except OperationalError as error:
        hint = "Nothing was changed. Is the disk full, or the database busy?"
        raise UsageError(f"The database refuses: {str(error).strip()}", hint=hint) from error
    except StorageFullError as error:
        raise DiskFullError(
            str(error), hint="Nothing was changed. Make room and run the command again."
        ) from error


def person_with(email: str) -> Any:
    """Return the person with this address, or say that there is none."""
    from commonhold.server.accounts.models import Person  # noqa: PLC0415  as above

    person = Person.objects.filter(email=email.strip().lower()).first()
    if person is None:
        raise NotFoundError(
            f"Nobody here has the address {email}.", hint="`commonhold admin user list` lists people."
        )
    return person


def organization_with(slug: str) -> Any:
    """Return the organization with this slug, or say that there is none."""
    from commonhold.server.organizations.models import Organization  # noqa: PLC0415  as above

    organization = Organization.objects.filter(slug=slug).first()
    if organization is None:
        hint = "`commonhold admin organization list` lists them."
        raise NotFoundError(f"There is no organization {slug}.", hint=hint)
    return organization
