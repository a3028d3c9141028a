"""Sealing the evidence of the seeding at its end.

Its records bear the dates of the story, up to a month back. The check of evidence judges by a
record's date how long it has waited to be sealed, so until the worker's next turn it would report
them: as it should, since it cannot know them from records that somebody keeps from being sealed.
"""

from __future__ import annotations

from pathlib import Path

from audit.errors import ChainBroken
from audit.services.keeping import keep_chain
from kernel import clock
from vaultcraft.seeding.journal import program


def seal(*, path: Path) -> str:
    """Seal whatever is recorded, by the real time; why it was refused, empty if it was not.

    What runs elsewhere at this moment holds the last records back until the worker's next turn. A
    refusal undoes nothing: it is on record, and the check of evidence finds it.

    :param path: the file of heads.
    """
    try:
        keep_chain(actor=program("seal"), path=path, now=clock.now())
    except (ChainBroken, OSError) as refused:
        return str(refused)
    return ""
