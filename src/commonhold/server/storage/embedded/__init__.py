"""The embedded store's own small server: one process, one event loop, no Django."""
