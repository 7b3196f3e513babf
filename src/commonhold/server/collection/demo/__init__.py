"""A small real collection for ``commonhold demo``: made-up people and organizations, true data."""

from commonhold.server.collection.demo.writing import DemoSecrets, write_demo

__all__ = ["DemoSecrets", "write_demo"]
