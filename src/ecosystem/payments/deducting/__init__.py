"""Deducting: what a calculation deducts is announced, and the payee is heard before it is final.

Whatever the rules of a contract deduct, liquidated damages too, is kept back at once, and all else
is paid meanwhile. The payee is told the ground and the lines, and has the days of the profile to
reply. Without a reply the deduction is final when they are over. A reply is decided by another
person than the one whose act announced it: what is dropped of the deduction is a fact of the
step from then on, which is calculated again and pays the difference; what is kept is final.

A deduction that a correction of facts changes is announced anew, and its notice superseded.

States: `announced -> replied -> decided`, or `superseded`.
"""
