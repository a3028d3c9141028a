"""Version 1. One file per resource: its shapes, its rendering, its operations."""
