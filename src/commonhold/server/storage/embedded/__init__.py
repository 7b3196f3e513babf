"""The embedded store's own small server: Granian's RSGI interface, one process, no Django."""
