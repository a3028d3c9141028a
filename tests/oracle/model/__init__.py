"""The oracle: a small bank in plain Python that says what the product must answer.

It is written from the design of the books and from the public documents, and imports nothing but
the standard library, so that it cannot be wrong because the product is. It does not lock, batch or
write sets: it settles one wish after another against the state the last one left, and where a wish
may have to be forgotten it works on a copy.

Where several refusals apply to one wish the product may give only one. The precedence is that of
the way a wish goes, and each stage says why it stands where it stands: `asking` (may you, and does
it make sense), `settling` (are these books open to you at all), `judging` (states, holds, money,
and at last the house's own limits).
"""
