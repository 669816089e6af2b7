"""The opening: several officers together, after the time, and never one of them alone.

Each opener reads the sealed shares, opens its own in its own program and hands them in. With
the last one that the threshold asks for, the server puts the shares together, checks every
offer against what its header and its receipt commit to, and makes the record of it public:
what was altered or cannot be read is excluded there, with whose fault it is.
"""
