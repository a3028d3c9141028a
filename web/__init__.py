"""The people's door: pages for customers, the admin's frame for finance staff."""
