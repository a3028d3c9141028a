"""Second factors: proving them at sign-in and for sensitive acts, adding and removing them."""
