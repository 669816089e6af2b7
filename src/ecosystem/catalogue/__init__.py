"""What all parties speak of in the same words: sectors, operations, jurisdictions, standards.

Sectors, operations and phases are fixed by policy and stand in `model`. Jurisdictions are a
tree (nation, province, city, district) and standards a list, both loaded from files; any
other tree or list can be loaded. Sources: GB/T 2260-2007 for the codes of jurisdictions.
"""
