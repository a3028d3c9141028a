"""The same steps for the oracle and for the product, and every answer compared."""

from __future__ import annotations

from tests.oracle.steps.governing import Governing
from tests.oracle.steps.holding import Holding
from tests.oracle.steps.keeping import Keeping
from tests.oracle.steps.paying import Paying


class Machine(Paying, Holding, Governing, Keeping):
    """All steps there are."""
