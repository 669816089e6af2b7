"""Exclusion: a member of a consortium is substituted although it does not agree.

The authority proposes it as a change, on a ground of the rules of the place (`changes.exclusions`);
the lead may be excluded by the other members together, too: one proposes, and each signs. Who
leads then is named in the same change, of the members that stay. The proposal is the notice: until
`reply_by` who shall leave may reply, and only then another person of the authority decides.
Everybody else signs; the signature of who leaves is not asked for. What was decided it may dispute,
before a court or whoever else decides: that is kept with the change.

Sources: Government Procurement Law of China, articles 22, 24 and 77; Civil Code of China, articles
563 and 565; Directive 2014/24/EU, articles 57, 63, 71 and 72(1)(d); FIDIC Conditions of Contract
for Construction (2017), clauses 1.14, 15.2 and 20.2.
"""
