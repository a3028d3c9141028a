"""What can be done to organizations, people, sessions and keys. One module per subject."""
