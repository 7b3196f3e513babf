"""Looking into a dataset's archive without fetching it: listing, opening one member, extracting some."""
