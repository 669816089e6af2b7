"""The vocabulary that every room shares: plain values, with no input or output.

`actor` says who acts, `identifiers` how things are named, `money` what things
cost, `period` which days are meant, `refusal` how a rule says no, `page` how a
long list is read, `patterns` how a whole text is matched.
"""
