"""Evidence: what was settled, judged and verified in a year, read and never told."""
