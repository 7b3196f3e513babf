"""Getting a large file here: in parallel, resumable after anything, and proven before it gets its name.

``docs/design/transfer.md`` tells how the modules of this package play together.
"""
