"""Use cases of this room, by who acts: the person, the screening, the reviewers."""
