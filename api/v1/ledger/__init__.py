"""The books, read-only: accounts, transactions with their entries, the trial balance."""
