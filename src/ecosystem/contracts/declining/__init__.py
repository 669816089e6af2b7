"""Declining: who won does not sign, says so or lets its time pass, and its award falls.

The lead of the winning offer may decline, with a reason, until it has signed. Or an officer calls
upon who won to sign a draft, until a time that the rules of the place give; when it has passed
and a member has not signed, another person lets the award lapse. While it is called, the
authority proposes no other wording. The drafts end with the award
that they have grown from; what follows for the ranking and the budget is in `awards.falling`.

Sources: Government Procurement Law of China, article 46; UNCITRAL Model Law (2011), article 22.
"""
