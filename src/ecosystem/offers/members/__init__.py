"""The members of an offer, as they change.

Until the deadline the lead sets who takes part and with what share, each of them consents
itself, and each may leave; whatever changes them undoes the submission, since nobody has then
consented to what was sealed. After the opening a member is only substituted: the lead proposes,
the new member consents, and an approver of the authority decides. An officer may reject what is
asked for, with a reason, and the lead may take it back. The offer stays what it is.

States of a substitution: `proposed -> consented -> approved`, or `rejected`, `withdrawn`.
"""
