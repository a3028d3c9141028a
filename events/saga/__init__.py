"""Sagas: acts of several steps of which one is somebody else's, and cannot share our transaction.

A remote step is three things in a row: the note that it is about to be asked, committed; the call,
with a key by which the other side knows a repeat; and its result, committed with whatever it makes
true here. Whoever dies between two of them leaves a row from which another worker goes on.
"""

from events.saga.beginning import begin
from events.saga.registry import (
    AlreadyDone,
    Case,
    NotYet,
    Part,
    SagaType,
    Step,
    StepRefused,
    register,
    registered,
    saga_named,
)

__all__ = [
    "AlreadyDone",
    "Case",
    "NotYet",
    "Part",
    "SagaType",
    "Step",
    "StepRefused",
    "begin",
    "register",
    "registered",
    "saga_named",
]
