"""Terms: what payments cost, and how much people's wallets may spend."""
