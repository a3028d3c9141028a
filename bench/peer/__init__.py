"""django-hordak, run by an interpreter of its own (`bench/.venv-hordak`)."""
