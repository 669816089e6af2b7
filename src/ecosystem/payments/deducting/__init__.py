"""Deducting: what a calculation deducts is announced, and the payee is heard before it is final.

Whatever the rules of a contract deduct, liquidated damages too, is kept back at once, and all else
is paid meanwhile. The payee is told the ground and the lines, and has the days of the profile to
reply. Of those who supply together each is told what of the deduction falls on it, and may reply
for itself. Without a reply the deduction is final when the days are over. Once all have replied,
or the days are over, replies are decided by another person than the one whose act announced it,
who answers each: what is dropped of the deduction is a fact of the step from then on, which is
calculated again and pays the difference by the shares; what is kept is final.

A deduction that a correction of facts changes is announced anew, and its notice superseded.

States: `announced -> replied -> decided`, or `superseded`.
"""
