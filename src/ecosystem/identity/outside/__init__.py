"""People whom an outside issuer knows: its tokens, and whose they are here.

A person links her outside identity herself; from then on an access token that the issuer
gives her is worth what the client of the settings may do for her, and no more.
Sources: RFC 9068 for the tokens; RFC 8725 for what is never believed of them.
"""
