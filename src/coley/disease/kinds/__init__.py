"""The kinds of disease, one a file, found by scanning this folder."""
