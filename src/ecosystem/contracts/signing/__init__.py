"""What a signature under a draft is checked against, and what comes into force with the last."""
