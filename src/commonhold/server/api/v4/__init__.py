"""The v4 API: the conventions of seed 002, one module for each noun."""
