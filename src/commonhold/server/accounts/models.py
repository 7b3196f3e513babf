"""People."""

from typing import Any

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.db.models.functions import Lower

from commonhold.server.kit import clock
from commonhold.server.kit.translation import DEFAULT_LOCALE


class PersonManager(BaseUserManager["Person"]):
    """Makes people; the e-mail address is the name they sign in with."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "Person":
        """Create a person; without a password nobody can sign in as them."""
        person = self.model(email=email.strip().lower(), **fields)
        person.set_password(password)
        person.save(using=self._db)
        return person

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "Person":
        """Create an operator who may also use the administration pages."""
        return self.create_user(email, password, is_staff=True, is_superuser=True, is_operator=True, **fields)

    def get_by_natural_key(self, email: str | None) -> "Person":
        """Return the person with this address, whatever its letters' case."""
        return self.get(email=(email or "").strip().lower())


class Person(AbstractBaseUser, PermissionsMixin):
    """Somebody with an account. The address is kept in lower case, so that it is one however it is typed."""

    email = models.EmailField(max_length=254, unique=True)
    name = models.CharField(max_length=255, blank=True)
    locale = models.CharField(max_length=20, default=DEFAULT_LOCALE)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    is_reviewer = models.BooleanField(default=False)
    is_operator = models.BooleanField(default=False)
    joined_at = models.DateTimeField(default=clock.now)

    objects = PersonManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: list[str] = []

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(email=Lower("email")), name="accounts_person_email_lower_case"
            )
        ]

    def __str__(self) -> str:
        return self.email


class Counted(models.Model):
    """What sign-in counts, for all processes together: Django's database cache, whose table this is.

    Attempts by address and account (as hashes), and codes of second factors used once. A row is of no use after
    ``expires``.
    """

    cache_key = models.CharField(max_length=255, primary_key=True)
    value = models.TextField()
    expires = models.DateTimeField(db_index=True)

    class Meta:
        db_table = "accounts_counted"

    def __str__(self) -> str:
        return self.cache_key
