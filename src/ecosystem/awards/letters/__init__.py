"""Letters: what each bidder that lost is told with the award, about its own offer.

Written with the approval of an award: the own scores with the evaluators' reasons, or why the
offer was excluded or passed over; who won, by how many points, at what price; and until when
the award can be challenged. Only the members of the offer read it.

Source: Directive 2007/66/EC, article 2a(2), and Directive 2014/24/EU, article 55.
"""
