"""Turns: what suspends a contract, lets it go on, ends it before its time, or completes it.

A turn is proposed by one person and approved by another: a suspension and its end by the
authority alone; an end before its time by either side, on a ground of the rules of the place
that it holds, after the other side could reply; a completion by the authority, or by both sides
where they agree. While a contract is suspended nothing is submitted or claimed, and its dates
move by the days of the suspension. What was accepted stays payable after any end; the rest of
the obligation returns to the budget.

States: `proposed -> in_force | withdrawn`. Of one contract one turn is open at a time.
Sources: Government Procurement Law of China, article 50; Civil Code of China, articles 562 and
563; Directive 2014/24/EU, article 73.
"""
