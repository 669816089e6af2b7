"""Challenges: a bidder that lost says what was wrong, and a reviewer decides.

While a challenge is open its award is suspended, and nothing grows from it. The reviewer
belongs to an oversight body of the authority's jurisdiction or one above, has offered nothing
for the need, and gives reasons. States: `open -> upheld | rejected`; `withdrawn` where
whoever made it took it back before; `moot` where another challenge of the same award was
upheld first.

Sources: Directive 89/665/EEC as changed by 2007/66/EC, articles 1, 2 and 2a; UNCITRAL Model
Law (2011), articles 64 to 67.
"""
