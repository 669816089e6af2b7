"""References: what a bank calls each movement of money, which is of one payment alone."""
