"""A marketplace in which cities buy digital operation by its outcomes."""
