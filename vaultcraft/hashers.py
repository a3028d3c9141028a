"""How passwords are kept, and how long they may be."""

from django.contrib.auth.hashers import BCryptSHA256PasswordHasher
from django.core.exceptions import ValidationError


class BCryptSHA256Cost12Hasher(BCryptSHA256PasswordHasher):
    """bcrypt over SHA-256, so that a long password is not cut at 72 bytes."""

    rounds = 12


class MaximumLengthValidator:
    """Refuses passwords nobody types: hashing them is a way to keep a server busy."""

    def __init__(self, max_length: int = 128) -> None:
        self.max_length = max_length

    def validate(self, password: str, user: object = None) -> None:
        """Check the length in characters.

        :raises ValidationError: it is longer than allowed.
        """
        if len(password) > self.max_length:
            raise ValidationError(self.get_help_text(), code="password_too_long")

    def get_help_text(self) -> str:
        """Return the rule in words."""
        return f"Your password must have at most {self.max_length} characters."
