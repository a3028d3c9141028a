"""Telling the sender that mail waits, once the transaction that wrote it is committed.

Services call no tasks: `apps.ready()` registers what to do. The sweep by the clock finds the mail
also when nobody was told, so a nudge that fails loses nothing but seconds.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from django.db import connection, transaction

from kernel.transactions import needs_transaction

_HOOKS: list[Callable[[], None]] = []


def after_queueing(hook: Callable[[], None]) -> None:
    """Have the hook called after each commit that wrote mail; naming it twice changes nothing."""
    if hook not in _HOOKS:
        _HOOKS.append(hook)


@needs_transaction
def nudge_after_commit() -> None:
    """Call the hooks when the transaction has committed, once each; a failing one harms nobody."""
    for hook in _HOOKS:
        if not _will_be_called(hook):
            transaction.on_commit(hook, robust=True)


def _will_be_called(hook: Callable[[], None]) -> bool:
    """Whether it waits for this commit already.

    What waits was asked for in savepoints that are released or still open, and those enclose this
    call, too: if one of them goes back, so does what is written now.
    """
    waiting = cast("list[tuple[set[str], object, bool]]", connection.run_on_commit)
    return any(known is hook for _, known, _ in waiting)
