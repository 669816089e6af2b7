"""The command `ecosystem`: serve, set up, look after, and try out.

Every command prints for people on a terminal, and for programs with `--json` where it
reports; it exits with 0, with 1 where what it checks or does failed, with 2 where its
arguments are wrong.
"""
