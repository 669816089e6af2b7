"""Recovery: how a person who has lost her password or her passkeys gets a new way in.

An administrator of her organisation hands her a link that works once within a day; whoever opens
it chooses a new password, and whatever proved who she is before is worth nothing: the old
password, her passkeys, her outside identities, her logins, and what she authorised.
"""
