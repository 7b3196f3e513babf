"""Commonhold: a self-hosted data collective."""

__version__ = "0.1.0"
