"""How the service is: for the machinery that starts, watches and stops it.

A face of the house: it reads the database and the process, and writes nothing. `live` says
that the process answers, `ready` that it can serve, `metrics` what it has done.
"""
