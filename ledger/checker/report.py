"""What a check of the books found, and what it did not look at."""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Mapping, Sequence

# Said with every report: silence about these would be taken for proof.
NOT_VERIFIED = (
    "signatures of the audit chain, and its heads told elsewhere: `manage.py verify_audit` does",
    "audit records of the last minute: they are sealed soon after they were written",
    "the order of events: it is not sealed",
    "events of other things than transactions, transfers and holds: periods, people, terms",
    "a rewrite of history by a superuser that keeps every sum, version, balance and count right",
    "a movement forged with all that belongs to it: its transfer, its events and its records",
    "descriptions, metadata, references of banks, names: nothing in the books repeats them",
    "references, where a transfer and its transactions were given another one together",
    "when accounts, wallets and periods were opened, and when periods and holds ended",
    "whose a wallet is and of which kind; headings; floors that are not below zero",
    "whether money at the bank is what the cash accounts say",
    "whether an effective date is the true one, where it breaks no rule about dates",
    "rights and decisions: who was allowed to ask for what, or which limits stood at the time",
    "events that were delivered, and what others made of them",
    "what was told of anything before the time that the outbox goes back to (30 days)",
)


@dataclasses.dataclass(frozen=True, slots=True)
class Finding:
    """One thing that breaks one rule: which, where, and the figures that show it."""

    check: str
    rule: str
    organization_id: uuid.UUID | None
    subject: str
    subject_id: str
    facts: Mapping[str, object]

    def __str__(self) -> str:
        figures = ", ".join(f"{name} {value}" for name, value in self.facts.items())
        return f"{self.rule}: {self.subject} {self.subject_id} ({figures})"


@dataclasses.dataclass(frozen=True, slots=True)
class PassReport:
    """What one pass saw.

    :param visited: rows looked at.
    :param found: all rows that break a rule; `findings` names the first of them.
    """

    name: str
    claim: str
    visited: int
    found: int
    findings: Sequence[Finding]
    seconds: float


@dataclasses.dataclass(frozen=True, slots=True)
class Report:
    """What the passes saw in one snapshot.

    :param whole: whether every pass ran over every organization.
    """

    organization_id: uuid.UUID | None
    whole: bool
    passes: Sequence[PassReport]
    seconds: float

    @property
    def found(self) -> int:
        """How many things break a rule; a thing that two passes see counts twice."""
        return sum(one.found for one in self.passes)

    @property
    def visited(self) -> int:
        """How many rows were looked at, by all passes together."""
        return sum(one.visited for one in self.passes)

    @property
    def clean(self) -> bool:
        """Whether no rule is broken."""
        return self.found == 0

    @property
    def findings(self) -> list[Finding]:
        """The findings that are named, of all passes."""
        return [finding for one in self.passes for finding in one.findings]
