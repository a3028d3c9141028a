"""Rows of the rooms below, put into the words and shapes that templates draw."""
