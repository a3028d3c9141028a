"""Organizations, the people in them, and how anybody proves who they are."""
