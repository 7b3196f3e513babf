"""Bringing what a collection file says into the site."""
