"""What this room does; see the folder of each subject."""
