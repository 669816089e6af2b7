"""Passkeys (WebAuthn): the second way to log in, and the strong one (`acr` is `phr`).

A passkey alone logs a person in: it is discoverable, and her device asks who she is before it
signs. Only its public key is kept. Whoever has only her password adds no further passkey.
Sources: W3C Web Authentication Level 3; OpenID EAP ACR Values 1.0 (`phr`).
"""
