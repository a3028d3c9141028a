"""How Django's own pages write dates."""
