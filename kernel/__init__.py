"""Words every room shares. Imports none of our rooms and owns no table."""
