"""Transfers: ask for one or many, and read what became of them."""
