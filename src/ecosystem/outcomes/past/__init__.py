"""Metrics and observations as they were, and what happened to them."""
