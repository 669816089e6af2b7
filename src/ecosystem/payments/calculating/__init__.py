"""Calculating: what a contract's calculations are made from, gathered from other rooms."""
