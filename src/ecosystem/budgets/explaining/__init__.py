"""Explaining: which event moved what, so that each figure of a programme can be added up anew.

A line is one transfer of the ledger: where the money came from and went to, why, by which event,
and by how much it changed each figure. The lines of a programme add up to its figures.
"""
