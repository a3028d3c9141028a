"""What happened, by whom: an append-only record that knows only ids."""
