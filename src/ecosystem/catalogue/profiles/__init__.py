"""What the law of a place asks of a procurement: profiles of dated rules, and working days.

A profile is a file of data: each rule names the law and the article that it follows, and a
set of rules holds for needs that are published from its date on. A jurisdiction has the
profile that is given to it, or the one of the nearest place above; where none is, the
platform's own. Sources: the laws that each file names.
"""
