"""Payouts: money that leaves for a bank, by the saga that waits for the bank's word."""
