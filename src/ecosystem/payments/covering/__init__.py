"""Covering: what becomes known after the end of a contract has money behind it, or waits for it.

With its end a contract has given back to the programme what it did not bind. A fact that is
verified later, or corrected, may be worth more: what is short is bound anew from what the programme
has available, never beyond what was signed. Where the programme has less, the fact stands all the
same: its calculation waits, as a shortfall that says how much the programme must have, and is made
by whatever calculates once it has it. What is worth less returns to the programme at once.

States: `waiting -> covered`, or `lapsed` where later facts need nothing or something else.
"""
