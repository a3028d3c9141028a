"""Run under `bench/.venv-hordak`: makes accounts once, then a short run for each line of input.

Each line is a number of seconds; the answer is transfers a second.
"""

import random
import sys
import time

import django
from django.core.management import call_command

ACCOUNTS = 1_000


def main() -> None:
    django.setup()
    call_command("migrate", verbosity=0)
    from hordak.models import Account, AccountType
    from moneyed import Money

    accounts = [
        Account.objects.create(
            name=f"Holder {number}",
            code=f"{number:06}",
            type=AccountType.liability,
            currencies=["INR"],
        )
        for number in range(ACCOUNTS)
    ]
    say("ready")
    for line in sys.stdin:
        seconds, count, started = float(line), 0, time.monotonic()
        while time.monotonic() - started < seconds:
            payer, receiver = random.sample(accounts, 2)
            amount = Money(random.randint(1, 100_00), "INR") / 100  # noqa: S311 - a load
            payer.transfer_to(receiver, amount)
            count += 1
        say(str(count / (time.monotonic() - started)))


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
