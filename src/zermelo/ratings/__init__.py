"""Rating models, one a file."""
