"""Observations in batches: many rows of one metric in one request, all or nothing by choice.

A row is reported once: the same row again is unchanged, and another value for its place is
refused, to be corrected one by one. A batch is one event of the history, which holds its rows;
its observations have identifiers that follow one another from the first.
"""
