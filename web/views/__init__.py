"""Pages, one file per subject. A view makes at most one call that changes something."""
