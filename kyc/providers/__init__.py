"""Who is asked whether details are right: one interface, chosen by the settings.

A provider is remote: it is asked outside of any transaction, by `kyc.tasks`, with a time limit of
its own. `VAULTCRAFT_KYC_PROVIDER` names the class.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Protocol

from django.conf import settings
from django.utils.module_loading import import_string

from kyc.choices import DocumentKind, Outcome


@dataclasses.dataclass(frozen=True, slots=True)
class Question:
    """What a provider is told of one case.

    :param attempt_id: the same for nobody else; a provider can tell a repeat by it.
    :param documents: what kinds were sent in; a provider that reads them gets them another way.
    """

    attempt_id: uuid.UUID
    legal_name: str
    date_of_birth: dt.date
    country: str
    id_type: str
    id_number: str
    documents: Sequence[DocumentKind]

    def __repr__(self) -> str:
        """Nothing personal: a repr ends in logs."""
        return f"Question({self.attempt_id})"


@dataclasses.dataclass(frozen=True, slots=True)
class Answer:
    """What it says: clear, or to be looked at and why.

    :param findings: short stable codes, no personal data.
    """

    outcome: Outcome
    findings: Sequence[str] = ()
    reference: str = ""


class ProviderUnavailable(Exception):
    """It did not answer, or not in time. It is asked again later, a bounded number of times."""


class VerificationProvider(Protocol):
    """A service that compares details with registers."""

    name: str

    def verify(self, question: Question) -> Answer:
        """Judge one case. May take seconds; holds nothing of ours meanwhile.

        :raises ProviderUnavailable: if there is no answer to be had now.
        """
        ...


def provider() -> VerificationProvider:
    """The one that the settings name."""
    made: VerificationProvider = import_string(settings.KYC_PROVIDER)()
    return made
