"""Every attack, by what it aims at."""

from __future__ import annotations

from tests.attacks import (
    on_accounts,
    on_backbone,
    on_dual_control,
    on_entries,
    on_history,
    on_holds,
    on_identity,
    on_payouts,
    on_people,
    on_periods,
    on_reversals,
    on_rules,
    on_tenants,
    on_terms,
)
from tests.attacks.forging import Attack

CHAPTERS = (
    on_accounts,
    on_entries,
    on_history,
    on_reversals,
    on_holds,
    on_identity,
    on_dual_control,
    on_payouts,
    on_people,
    on_periods,
    on_tenants,
    on_terms,
    on_rules,
    on_backbone,
)
ATTACKS: tuple[Attack, ...] = tuple(attack for chapter in CHAPTERS for attack in chapter.ATTACKS)
