"""What shorter windows prove: the aggregate of a period that payment rules can read.

A period pays once its aggregate is demonstrated, and either all of its windows are verified or
excused, or the time is over in which its last window can be reported.
"""
