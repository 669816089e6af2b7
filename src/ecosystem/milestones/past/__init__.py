"""A milestone as it was, beside those that it comes after or before."""
