"""Releasing: financing ends of which nothing is left to finance.

A lender's award makes no contract alone. When the last award falls, is set aside or passed over
that it could serve, and no other one can be made, it is cancelled by nobody's hand: the lender is
bound no more, everybody reads why, and the need comes to its end instead of waiting for a
contract that nobody can draft. A challenge of it is moot.
"""
