"""Calculating: what a contract's calculations are made from, and what is due under all of them."""
