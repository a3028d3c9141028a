"""Money under torture: web workers and PostgreSQL are killed while clients move money over HTTP.

`make torture` runs `python -m tests.torture`: a driver that starts a private stack, keeps a journal
of its own of what it asked and what it was told, kills with -9 at random and at named points, and
after each death compares what the product says and what stands in the books with that journal.
"""
