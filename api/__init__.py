"""The machines' door: JSON over HTTP under /api/v1/. It translates; it decides nothing."""
