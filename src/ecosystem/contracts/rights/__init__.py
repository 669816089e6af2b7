"""Rights: a metric was worse so often that one side may end the contract.

A `termination_right` among the payment rules, or a termination of the terms that has a trigger,
says how often. Whoever calculates under the contract tells what is proved by then; a right
arises once, stands while what it arose from is proved, and lapses with the calculation that
takes it away. A termination may name a right that stands as its ground, by its code.

States of a right: `standing -> lapsed`. Where it arises again, it is another one.

Pure parts: `arising` says what has arisen from what was observed.
"""
