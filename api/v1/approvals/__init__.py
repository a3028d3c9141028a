"""Approving a movement before it is asked for."""
