"""Exclusion: a member of a consortium is substituted although it does not agree.

The authority proposes it as a change, on a ground of the rules of the place (`changes.exclusions`).
That is the member's notice: until `reply_by` it may reply, and only then another person of the
authority decides. Everybody else signs; the member's signature is not asked for. What was decided
it may dispute, before a court or whoever else decides: that is kept with the change.

Sources: Government Procurement Law of China, articles 22, 24 and 77; Civil Code of China, articles
563 and 565; Directive 2014/24/EU, articles 57, 63, 71 and 72(1)(d); FIDIC Conditions of Contract
for Construction (2017), clauses 1.14, 15.2 and 20.2.
"""
