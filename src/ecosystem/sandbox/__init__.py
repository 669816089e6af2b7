"""A place to try everything: seeded parties, tokens for their people, a clock to move.

Only there when the setting `sandbox` is on, and never for real money. The parties are a
platform, a city, two enterprises, two think tanks, a bank, an auditor and an oversight body,
with people in all roles and clients whose keys lie in the data folder.

Its tables are local: they are about one sandbox and belong to no history.
"""
