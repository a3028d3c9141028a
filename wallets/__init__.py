"""What a customer holds and does: wallets, transfers, cash in and out."""
