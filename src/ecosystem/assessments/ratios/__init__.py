"""Ratios: what of an authority's contracts goes into construction, and what into operation.

The value of a contract is spread over the days of its life, so that a year bears its share of
each contract that ran in it. What has accrued by a day is the value by the days passed, rounded
down to the smallest coin; a year's share is what accrued by its end less what had by its
beginning. So the shares of all years of a contract add up to its value, exactly.

A contract that was ended bears what was not returned to its programme, over the days until then.
Sector and phase are those of the programme that pays. Only contracts in force or ended count:
these are public, and so is the ratio, with the contracts that make it.
"""
