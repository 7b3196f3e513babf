"""What the reference page says of the reader's own limits."""

from django import template
from django.conf import settings
from django.utils.safestring import SafeString, mark_safe

from commonhold.server.organizations.models import Membership
from commonhold.server.organizations.rules import Limits, effective_limits

register = template.Library()


@register.filter
def as_code(text: str) -> SafeString:
    """Return a text between tags with no more escaped than must be: programs are full of quotes."""
    safe = str(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return mark_safe(safe)  # noqa: S308  a text node, where quotes mean nothing


@register.simple_tag
def limits_of(acting: Membership | None) -> Limits:
    """Return the limits of the organization somebody acts for; a stranger's are the site's own."""
    return effective_limits(acting.organization.limits if acting else {}, settings.ENVIRONMENT)
