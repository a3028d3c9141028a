"""Prints the OpenAPI document as the code has it (`python -m vaultcraft.schema_text`)."""

import sys

import django


def main() -> None:
    """Print it."""
    django.setup()
    from api.schema.document import schema_bytes

    sys.stdout.buffer.write(schema_bytes())


if __name__ == "__main__":
    main()
