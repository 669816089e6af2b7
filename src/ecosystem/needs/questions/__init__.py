"""Questions on a need: asked by the market, answered in public, without the asker's name.

Where the rules of the place have it so, offers stay sealed while a question waits, and are
taken for longer after a late answer. Sources: UNCITRAL Model Law on Public Procurement (2011),
article 15; Directive 2014/24/EU, article 47(3)(a).
"""
