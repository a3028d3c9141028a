"""What the cache may hold: numbers, and nothing that is carried out when it is read.

Django's cache pickles, and whoever can write a pickle into Redis runs code in every process that
reads it (OWASP ASVS 5.0, 1.5.2). Until when something is locked is a number.
"""


class Numbers:
    """A serializer of Django's Redis cache."""

    def dumps(self, value: float) -> str:
        """Return the number as text.

        :raises TypeError, ValueError: it is none.
        """
        return repr(float(value))

    def loads(self, data: bytes) -> float | None:
        """Return the number; None for what is no number: nothing of ours, so nothing is known."""
        try:
            return float(data)
        except ValueError:
            return None
