"""The books: accounts, transactions and entries, and the one door through which they change."""
