"""One request, one effect: the first of the two layers that make a retry safe.

A guard row names the request (organization, principal, route, key) and is committed before the
effect begins. It keeps the answer, byte for byte. The second layer is in the books: each effect has
a reference derived from the same four values, unique for ever. So this layer may be lost or taken
over at any moment; the worst that follows is that an answer is rendered again.
"""
