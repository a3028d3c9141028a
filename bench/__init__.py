"""`make bench`: the product measured beside its references, in one run on one machine.

docs/performance.md says what each line means. Nothing here is imported by the product.
"""
