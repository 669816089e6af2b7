"""Contracts: standard forms, the terms grown from them, and the payment rules in them.

`forms` reads a standard-form contract and grows the terms of one contract from it;
`payment_rules` are rules as data, which `rule_checks` holds to be sound; `canonical`
writes terms as the bytes whose digest the parties sign; `shelf` finds the forms that
ship with the system.
"""
