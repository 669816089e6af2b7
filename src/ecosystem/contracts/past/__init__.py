"""A contract as it was, what happened to it, and how two moments of it differ."""
