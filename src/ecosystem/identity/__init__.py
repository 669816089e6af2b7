"""Who takes part: organisations, their people, and the programs that act for them.

An organisation registers itself, and its first person joins it as administrator; the
platform's operator verifies it, or suspends it. Its administrator invites people, adds clients
(programs) and gives each of them roles, of which every kind of organisation has its own.

States: an organisation is `registered -> verified -> suspended` (and verified again); a
person or a client is active until it is deactivated, at which its tokens die at once.

Within: `people` holds invitations and memberships, `recovery` the way back of who has lost
hers, `login` accounts, passkeys and sessions, `clients` the programs; `authentication`
turns an access token into an actor, `oauth` gives such tokens out, `outside` accepts those of
another issuer.
Sources: domain.md on roles; GB 32100-2015 and ISO 17442 for check digits of identifiers.
"""
