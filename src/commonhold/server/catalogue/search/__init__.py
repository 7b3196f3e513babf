"""Full-text search: the same words found on both databases, because we cut the text into words ourselves."""
