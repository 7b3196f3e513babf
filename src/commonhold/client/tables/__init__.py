"""Datasets as tables of pandas, polars, pyarrow or datasets, read from an archive that was proven first."""
