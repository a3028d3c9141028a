"""How much one caller may ask for: limits per principal, client address and class of route."""
