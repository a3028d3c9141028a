"""Verification as steps, tiers and documents; and a case as its reviewer reads it."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterable, Sequence

from django.urls import reverse

from kernel.ids import encode
from kyc.choices import CaseState, DocumentKind, IdType, MediaType, Reason, Tier
from kyc.models import Case, Check, Document
from kyc.policy import OPEN_STATES
from kyc.services.revealing import Masked
from wallets.choices import WalletKind
from wallets.models import LimitRule
from web.presenters.badges import Badge
from web.presenters.choices import country_name
from web.presenters.money import shown

_TONES = {
    CaseState.DRAFT: "plain",
    CaseState.SUBMITTED: "info",
    CaseState.IN_REVIEW: "info",
    CaseState.MORE_INFO: "warn",
    CaseState.APPROVED: "good",
    CaseState.REJECTED: "bad",
}
FINDINGS = {
    "identity_shown_by_others": "Other people have shown this government ID",
    "identity_taken_by_colleague": "A colleague is verified with this government ID",
    "document_sent_by_others": "Other people have sent in the same file",
    "provider_unavailable": "The provider did not answer",
    "not_compared": "No provider compared the details",
    "details_not_found": "No register has these details",
    "name_differs": "The register has another name",
    "watchlist": "The name is on a watchlist",
}


@dataclasses.dataclass(frozen=True, slots=True)
class TierCard:
    """A tier, whether one has it, and what one may spend with it."""

    name: str
    words: str
    had: bool
    now: bool
    limits: list[str]


@dataclasses.dataclass(frozen=True, slots=True)
class Step:
    """One of the steps to a tier."""

    name: str
    done: bool
    current: bool


@dataclasses.dataclass(frozen=True, slots=True)
class DocumentRow:
    """One uploaded document."""

    name: str
    meta: str
    uploaded_at: dt.datetime
    open_url: str
    withdraw_url: str


@dataclasses.dataclass(frozen=True, slots=True)
class CheckRow:
    """What one question to a provider brought."""

    provider: str
    outcome: str
    findings: list[str]
    asked_at: dt.datetime


_WORDS = {
    Tier.UNVERIFIED: "Without verification.",
    Tier.BASIC: "Your details are confirmed.",
    Tier.FULL: "Your document is confirmed as well.",
}


def state_badge(case: Case) -> Badge:
    """The state of a case as a badge."""
    return Badge(_TONES[CaseState(case.state)], CaseState(case.state).label)


def tier_cards(tier: Tier, rules: Iterable[LimitRule], *, currency: str) -> list[TierCard]:
    """All tiers, with the limits that name them in one currency."""
    listed = [rule for rule in rules if rule.currency_id == currency and rule.tier is not None]
    return [
        TierCard(
            name=one.label,
            words=_WORDS[one],
            had=one <= tier,
            now=one == tier,
            limits=_limits(_narrowest(listed, one)),
        )
        for one in Tier
    ]


def _narrowest(rules: Sequence[LimitRule], tier: Tier) -> list[LimitRule]:
    """An organization's own rule in place of the general one."""
    general = {rule.wallet_kind: rule for rule in rules if rule.tier == tier}
    own = {rule.wallet_kind: rule for rule in rules if rule.tier == tier and rule.organization_id}
    return list({**general, **own}.values())


def _limits(rules: Sequence[LimitRule]) -> list[str]:
    """One line for all kinds of wallets with the same limits."""
    kinds: dict[str, list[str]] = {}
    for rule in rules:
        kinds.setdefault(_windows(rule), []).append(WalletKind(rule.wallet_kind).label)
    return [f"{_kinds(labels)}: {windows}" for windows, labels in kinds.items()]


def _kinds(labels: Sequence[str]) -> str:
    if len(labels) == len(WalletKind):
        return "Each wallet"
    return ", ".join(labels).capitalize()


def _windows(rule: LimitRule) -> str:
    windows = ((rule.day_minor, "a day"), (rule.month_minor, "a month"))
    said = [f"{shown(minor, rule.currency)} {what}" for minor, what in windows if minor is not None]
    return ", ".join(said) or "no limit of its own"


def steps(case: Case | None, *, documents: int) -> list[Step]:
    """Details, documents where they are needed, sending in, review."""
    sent = case is not None and case.state not in OPEN_STATES
    decided = case is not None and case.state in (CaseState.APPROVED, CaseState.REJECTED)
    names = [("Your details", case is not None)]
    if case is None or case.tier == Tier.FULL:
        names.append(("Your document", documents > 0))
    names += [("Send in", sent), ("Review", decided)]
    current = next((number for number, (_, done) in enumerate(names) if not done), -1)
    return [Step(name, done, number == current) for number, (name, done) in enumerate(names)]


def document_rows(documents: Iterable[Document]) -> list[DocumentRow]:
    """The documents of a case."""
    return [
        DocumentRow(
            name=DocumentKind(one.kind).label,
            meta=f"{MediaType(one.media_type).label}, {_size(one.size_bytes)}",
            uploaded_at=one.uploaded_at,
            open_url=reverse("web:document-open", args=[encode("doc", one.id)]),
            withdraw_url=reverse("web:document-withdraw", args=[encode("doc", one.id)]),
        )
        for one in documents
    ]


def _size(size_bytes: int) -> str:
    return f"{max(1, size_bytes // 1024):,} kB"


def check_rows(checks: Iterable[Check]) -> list[CheckRow]:
    """What was asked, in order."""
    return [
        CheckRow(
            provider=one.provider.capitalize(),
            outcome=one.get_outcome_display() or "No answer yet",
            findings=[FINDINGS.get(code, str(code)) for code in one.findings],
            asked_at=one.asked_at,
        )
        for one in checks
    ]


def masked_pairs(case: Case, masked: Masked | None) -> list[tuple[str, str]]:
    """What anybody who may see the case reads of the details."""
    if masked is None:
        return [("Details", "Erased")]
    return [
        ("Name", masked.legal_name),
        ("Year of birth", masked.born),
        ("Document", f"{IdType(case.id_type).label}, {country_name(case.country)}"),
        ("Number", masked.id_number),
    ]


def reason_words(case: Case) -> str:
    """Why it was decided so, for the person."""
    return Reason(case.reason).label if case.reason else ""
