"""Shifts: what a programme has left goes elsewhere, by two people and for a reason.

Kinds: `transfer` to another programme of the same year; `carry_forward` to the same programme
of the next year; `lapse`, by which all that is left after a year's end is appropriated no more;
`correction`, which takes a wrong appropriation back, whole. States: `proposed`, then `approved`,
which moves the money, or `rejected`. A shift takes from what is available alone, so never from
what is committed or obligated: that stays in its programme until it is paid or released.

Source: the fiscal year and what may be carried forward, of the profile of the authority's place.
"""
