"""Admission: which of the opened offers are evaluated, and why the others are not.

Between opening and evaluation an officer decides on each opened offer: one call admits all against
which nothing speaks, and says what does of the rest; those are excluded, each on a named ground
with reasons that everybody reads. Only admitted offers are scored and ranked, and nothing is
evaluated while one waits. What could not be opened, and what is passed over because its low price
was not explained, is excluded here too. Where a reviewer has offers evaluated again, they are
decided on again.

Sources: Directive 2014/24/EU, articles 56, 57 and 69; UNCITRAL Model Law (2011), articles 9, 20,
21 and 43.
"""
