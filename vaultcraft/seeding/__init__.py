"""The demo world: three organizations, twenty people, and a month of money between them.

Everything happens through the same use cases that the doors call, by the people who would do it,
in the order in which it would happen. Nothing here writes a row by itself.
"""
