"""How people log in: accounts, passwords, sessions, the pages, and what slows guessing down.

An account is a person's name and password here; a session is one browser in which she has
logged in. Of secrets only digests are kept. Instants are real time, never a sandbox's clock.
Sources: NIST SP 800-63B-4, sections 3.1.1 and 3.2.2; RFC 9106; OWASP on device cookies.
"""
