"""Wallets: open them, read them, and move them between their states."""
