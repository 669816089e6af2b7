"""The authorisation server: gives out access tokens, and says how to get and check them.

Programs get tokens by client credentials (RFC 6749, 4.4), having proved themselves by a
signed assertion (RFC 7523) or by a secret. Tokens are JWTs (RFC 9068), signed with ES256.
"""
