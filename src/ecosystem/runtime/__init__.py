"""The ground: everything impure that the rooms stand on.

`settings` what the operator decides, `postgres` the embedded server, `database`
statements and transactions, `clock` what time it is, `minting` new identifiers,
`keys` and `blobs` what lies in files, `log` and `telemetry` what is told, `edge`
and `web` the desk at which every request passes, `background` the work behind it.
"""
