"""Operators' window on the switches."""

from django.contrib import admin

from commonhold.server.kit.administration import Window, site
from commonhold.server.site.models import SiteState


@admin.register(SiteState, site=site)
class SiteStateWindow(Window):
    """The switches of the whole site."""
