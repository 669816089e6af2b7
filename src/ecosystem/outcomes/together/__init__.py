"""Verify many observations at once: all that are reported of a metric in some days.

For windows that are shorter than the metric's period, which pay nothing by themselves. An
observation of a whole period pays, and is verified one by one. One event names all of them.
"""
