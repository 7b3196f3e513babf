"""``accounts/``: who one is, signing in and out, and the issuer of ``JWT`` requests."""

from django.http import HttpResponse
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.exceptions import NotFound, Throttled, ValidationError
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from commonhold.server.accounts import actions as account_actions
from commonhold.server.accounts.models import Person
from commonhold.server.api.v4 import shapes
from commonhold.server.api.v4.authentication import kind_of
from commonhold.server.api.v4.endpoint import Endpoint, SignedIn
from commonhold.server.api.v4.errors import NON_FIELD_ERRORS, NotAccepted
from commonhold.server.api.v4.inputs import Input, checked
from commonhold.server.api.v4.site import status_of
from commonhold.server.api.v4.translated import shown
from commonhold.server.credentials import jwt_credentials, session_tokens
from commonhold.server.credentials.refusals import RefusedError
from commonhold.server.credentials.sign_in import SecondFactorError, person_who_signs_in
from commonhold.server.kit import clock
from commonhold.server.kit.translation import LOCALES, default_locale_of
from commonhold.server.limits.limiter import limiter
from commonhold.server.organizations import listings

# Guesses at passwords: of one address on the network, and at one account wherever they come from.
_ATTEMPTS_FROM, _ATTEMPTS_AT = "60/minute", "10/minute"


class ByThemselves(BasePermission):
    """Only the person in a session or with a JWT: a key is made for one organization's data, not for an account."""

    def has_permission(self, request: Request, view: Endpoint) -> bool:  # noqa: ARG002  DRF's signature
        """Tell whether the request may go on."""
        return request.method in ("GET", "HEAD", "OPTIONS") or kind_of(request) in ("session", "jwt")


class InSession(BasePermission):
    """Only with a session token: no other credential makes or ends credentials."""

    def has_permission(self, request: Request, view: Endpoint) -> bool:  # noqa: ARG002  as above
        """Tell whether the request may go on."""
        return kind_of(request) == "session"


class ProfileInput(Input):
    """What people change of themselves."""

    name = serializers.CharField(max_length=255, required=False)
    locale = serializers.ChoiceField(LOCALES, required=False)


class Profile(Endpoint):
    """Who is asking."""

    permission_classes = (SignedIn, ByThemselves)

    def get(self, request: Request) -> HttpResponse:  # noqa: ARG002  the method's signature
        """Return person, organizations and the site's state (rule 4.11)."""
        return self._answer()

    def patch(self, request: Request) -> HttpResponse:  # noqa: ARG002  as above
        """Change name or language."""
        given = checked(self, ProfileInput, partial=True)
        account_actions.change_profile(self.viewer, given)
        return self._answer()

    def _answer(self) -> HttpResponse:
        person = Person.objects.filter(pk=self.viewer.person).first()
        if person is None:
            raise NotFound
        flat = self.flat_locale
        return self.answer(
            shapes.Profile(
                id=person.pk,
                name=person.name,
                email=person.email,
                locale=person.locale,
                roles=sorted(self.viewer.site_roles),
                organizations=[
                    shapes.ProfileOrganization(
                        slug=row.slug,
                        name=shown(row.name, flat, default_locale_of(row.name)),
                        role=role,
                        is_personal=row.personal_of is not None,
                    )
                    for row, role in listings.memberships_of(self.viewer)
                ],
                site_status=status_of(self.locale),
            )
        )


class SignInInput(Input):
    """Address and password."""

    email = serializers.CharField(max_length=254)
    password = serializers.CharField(max_length=1000, trim_whitespace=False)


class Session(Endpoint):
    """Signing in and out; not for other origins (rule 7.4)."""

    def get_permissions(self) -> list[BasePermission]:
        """Let strangers sign in; signing out takes the token that ends."""
        return [InSession()] if self.request is not None and self.request.method == "DELETE" else []

    def post(self, request: Request) -> HttpResponse:
        """Return a session token for an address and its password."""
        given = checked(self, SignInInput)
        address = request._request.META.get("REMOTE_ADDR", "")  # noqa: SLF001  the plain request
        for identity, rate in (
            (f"sign-in:from:{address}", _ATTEMPTS_FROM),
            (f"sign-in:at:{given['email'].strip().lower()}", _ATTEMPTS_AT),
        ):
            standing = limiter().hit(identity, rate)
            if standing and not standing.allowed:
                raise Throttled(standing.retry_after)
        try:
            person = person_who_signs_in(given["email"], given["password"])
        except RefusedError as error:
            raise NotAccepted(error.refusal) from None
        except SecondFactorError:
            text = _("This account asks for a second factor: use an API key or a JWT instead.")
            raise ValidationError({NON_FIELD_ERRORS: [text]}) from None
        begun = session_tokens.begin(person)
        return self.answer(shapes.Session(token=begun.token, expires=clock.iso(begun.expires_at)), 201)

    def delete(self, request: Request) -> HttpResponse:
        """Sign out: the token is refused from now on."""
        session_tokens.end(request._request.META["HTTP_AUTHORIZATION"].split()[1])  # noqa: SLF001  as above
        return self.nothing()


class Jwt(Endpoint):
    """One's issuer and secret for ``JWT`` requests: one at a time."""

    permission_classes = (InSession,)

    def get(self, request: Request) -> HttpResponse:  # noqa: ARG002  the method's signature
        """Return the issuer, never the secret."""
        row = jwt_credentials.current(self.viewer)
        if row is None:
            raise NotFound
        return self.answer(shapes.JwtIssuer(issuer=row.issuer, created=clock.iso(row.created_at)))

    def post(self, request: Request) -> HttpResponse:  # noqa: ARG002  as above
        """Make an issuer and its secret, in place of the former; the secret is shown this once."""
        row, secret = jwt_credentials.make(self.viewer)
        return self.answer(
            shapes.JwtSecret(issuer=row.issuer, created=clock.iso(row.created_at), secret=secret), 201
        )

    def delete(self, request: Request) -> HttpResponse:  # noqa: ARG002  as above
        """Revoke the issuer."""
        if not jwt_credentials.revoke(self.viewer):
            raise NotFound
        return self.nothing()
