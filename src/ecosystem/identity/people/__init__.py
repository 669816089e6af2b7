"""Who belongs to an organisation: invitations, memberships, and what becomes of both.

An administrator invites by a link that is shown once; whoever opens it joins with her present
account, or makes one. One person, one account, and as many organisations as invite her.

States: an invitation is `open -> accepted | withdrawn | expired`. A membership begins with the
acceptance and ends when she leaves or is removed; the events of both are one stream, which
bears the invitation's identifier. A person is active until the operator disables her.
"""
