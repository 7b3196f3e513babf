"""Who may see a dataset, and whether it can be had at all."""

# From the widest to the narrowest.
PUBLIC, RESTRICTED, PRIVATE = "public", "restricted", "private"
VISIBILITIES = (PUBLIC, RESTRICTED, PRIVATE)

PUBLISHED, REMOVED, WITHHELD = "published", "removed", "withheld"
STATUSES = (PUBLISHED, REMOVED, WITHHELD)
