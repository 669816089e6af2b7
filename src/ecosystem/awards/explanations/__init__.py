"""Explanations of prices that are abnormally low: flagged, asked about, and then decided.

A flag excludes nobody. The officer asks how the price is possible, a member of the offer
answers, and the officer accepts the answer or rejects the offer, with reasons. A flagged offer
is awarded only once its explanation is accepted, and one that is rejected is passed over.
States: `asked -> answered -> accepted | rejected`; unanswered in time, it can be decided too.

Source: Directive 2014/24/EU, article 69.
"""
