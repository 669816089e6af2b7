"""Disclosures: what a supplier lets a lender see of its contract, and until when.

The supplier consents, for one lender, one contract and some scopes, until a time. Without a
consent that stands a lender sees nothing of payments, calculations, milestones and observations,
also where it is a party to the contract. A consent is looked up with each reading, by row-level
security where there is any, and can be revoked at any time; both are in the history.

States: `given -> revoked`; it ends by itself at `until_at`.
"""
