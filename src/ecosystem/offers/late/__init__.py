"""Late submissions: refused, and on record all the same.

Whoever comes late learns it by 410, and can prove when he came: the record holds a signed
receipt of a kind of its own. Nothing of the content is kept, and nothing of it is ever opened.
Until the opening only the members of the offer know; from then on the authority and the
auditors above it do as well, and the record of the opening names whoever was late before.
"""
