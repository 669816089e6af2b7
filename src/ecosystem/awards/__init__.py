"""Awards: offers evaluated by the published formula, awarded, held in standstill, final.

Evaluators declare first whether they have a conflict of interest, each scores alone, and then
they agree; what they judge and what bidders offered goes into one published computation, which
ranks the offers of each contest (one lot, one kind of offer). An officer proposes the offer
that is ranked first, another person approves, and the award is final when the standstill has
passed and no challenge is open.

States: an award is `proposed -> standstill -> final`, the last by the clock; a challenge makes
it `suspended`, and a reviewer, or who rejects a proposal, `cancelled`. So is a final one that
nobody signs: it falls, and the next in the ranking may be awarded.

Within: `criteria`, `formulas`, `financing`, `soundness`, `scoring` and `reversals` are the
computation; `evaluation`, `explanations`, `letters`, `challenges` and `falling` are rooms in the
room.
Sources: Directive 2007/66/EC, article 2a; UNCITRAL Model Law (2011), articles 11 and 22.
"""
