"""Print what the application role tries and which rule of the database stops it."""

from __future__ import annotations

from tests.attacks.all import CHAPTERS

for chapter in CHAPTERS:
    print(f"\n## {(chapter.__doc__ or '').splitlines()[0]}\n")  # noqa: T201
    print("| The application role | is stopped by |\n| --- | --- |")  # noqa: T201
    for attack in chapter.ATTACKS:
        print(f"| {attack.name} | `{attack.by}` |")  # noqa: T201
