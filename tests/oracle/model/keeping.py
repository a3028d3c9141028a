"""The books kept by hand: journals, dated back or not, and stretches of time that are shut.

Rights first, then whose books. A journal then has to make sense on its own (its pots and their
currencies, whether it is for these hands, whether it balances, when it counts) before the books
are asked, since none of that depends on the moment.
"""

from __future__ import annotations

import datetime as dt
import zoneinfo
from collections import Counter
from collections.abc import Iterator

from tests.oracle.model.asking import STAFF, STAFF_ADMINS, is_amount
from tests.oracle.model.judging import Pages, change, expire
from tests.oracle.model.state import (
    CLOSED,
    FROZEN,
    SUSPENDED,
    Person,
    Pot,
    PotName,
    Stretch,
    Stroke,
    World,
    Written,
)
from tests.oracle.model.words import MOST, Denied, Journal

KEEPERS = {"owner", "finance"} | STAFF_ADMINS
LONGEST = dt.timedelta(days=366)


def write_by_hand(world: World, wish: Journal) -> str:
    """Write a journal; the code of the refusal, "again" for one that stands, or nothing."""
    trial = world.trial()
    try:
        again = _write(trial, wish)
    except Denied as denied:
        return denied.code
    world.become(trial)
    return again


def _write(world: World, wish: Journal) -> str:
    person = world.people[wish.who]
    _allow(person, wish.house)
    at = world.now - dt.timedelta(seconds=wish.seconds_ago or 0)
    page = tuple(Stroke(line.pot, line.amount, line.debit) for line in wish.lines)
    known = world.journals.get((wish.house, wish.label))
    if known is not None:
        if known.page != page or (wish.seconds_ago is not None and known.at != at):
            raise Denied("journal_reference_reused")
        return "again"
    _make_sense(world, person, wish)
    if at > world.now:
        raise Denied("effective_in_future")
    if wish.seconds_ago is not None and world.houses[wish.house].day(at) < _first_day(world, wish):
        raise Denied("effective_before_books")
    _judge(world, wish.house, page, at)
    world.journals[wish.house, wish.label] = Written(page, at)
    return ""


def _first_day(world: World, wish: Journal) -> dt.date:
    """The day on which the house was founded, where it stands."""
    return world.houses[wish.house].day(world.founded)


def _allow(person: Person, house: str) -> None:
    if person.role not in KEEPERS:
        raise Denied("permission_denied")
    if person.role not in STAFF_ADMINS and person.house != house:
        raise Denied("not_found")


def _make_sense(world: World, person: Person, wish: Journal) -> None:
    if not 2 <= len(wish.lines) <= 100:
        raise Denied("journal_size_unusable")
    if not all(is_amount(line.amount) for line in wish.lines):
        raise Denied("invalid_amount")
    sums: Counter[str] = Counter()
    for line in wish.lines:
        pot = world.pots.get(line.pot)
        if pot is None or pot.house != wish.house:
            raise Denied("account_not_found")
        if pot.currency != line.currency:
            raise Denied("currency_mismatch")
        by_transfer = pot.name[0] in ("purse", "cash") and person.role not in STAFF_ADMINS
        if pot.name[0] == "between" or by_transfer:
            raise Denied("account_not_for_journals")
        sums[line.currency] += line.amount if line.debit else -line.amount
    if any(sums.values()):
        raise Denied("unbalanced_journal")


def _judge(world: World, house: str, page: tuple[Stroke, ...], at: dt.datetime) -> None:
    """As for any movement: the house, the period, the states, then the money."""
    if not world.houses[house].running:
        raise Denied("organization_inactive")
    shut = world.houses[house].shut_before
    if shut and at < shut:
        raise Denied("period_closed")
    expire(world, {stroke.pot for stroke in page})
    changes: Counter[PotName] = Counter()
    for stroke in page:
        pot = world.pots[stroke.pot]
        _check_state(pot, change(pot, stroke))
        changes[stroke.pot] += change(pot, stroke)
    for name, amount in changes.items():
        _check_amount(world, world.pots[name], amount)
    for stroke in page:
        world.pots[stroke.pot].amount += change(world.pots[stroke.pot], stroke)
        world.pots[stroke.pot].lines += 1


def _check_state(pot: Pot, amount: int) -> None:
    if pot.state in (SUSPENDED, CLOSED):
        raise Denied(f"account_{pot.state.lower()}")
    if pot.state == FROZEN and amount < 0:
        raise Denied("account_frozen")


def _check_amount(world: World, pot: Pot, amount: int) -> None:
    after = pot.amount + amount
    if amount < 0 and pot.bottom is not None and after - world.held(pot.name) < pot.bottom:
        raise Denied("insufficient_funds")
    if abs(after) > MOST:
        raise Denied("balance_out_of_range")


def open_stretch(world: World, who: str, house: str, last_day: dt.date) -> str:
    """Say when the house's next stretch of time ends; the code of the refusal, or nothing."""
    try:
        _allow(world.people[who], house)
    except Denied as denied:
        return denied.code
    begins = world.houses[house].shut_before
    midnight = dt.datetime.combine(last_day + dt.timedelta(days=1), dt.time())
    ends = midnight.replace(tzinfo=zoneinfo.ZoneInfo(world.houses[house].zone))
    ends = ends.astimezone(dt.UTC)
    if (begins is not None and ends <= begins) or ends > world.now + LONGEST:
        return "period_end_unusable"
    if any(one.house == house and not one.shut for one in world.periods):
        return "period_already_open"
    world.periods.append(Stretch(house, last_day, begins, ends))
    return ""


def shut_stretch(world: World, who: str, which: int) -> str:
    """Shut a stretch that is over: what counts before its end is final from now on.

    Who may shut none is told that first; a stretch of other books does not exist for the asker.
    """
    stretch, person = world.periods[which], world.people[who]
    if person.role not in KEEPERS:
        return "permission_denied"
    if person.role not in STAFF and person.house != stretch.house:
        return "not_found"
    if stretch.shut:
        return "period_already_closed"
    if stretch.ends > world.now:
        return "period_not_over"
    stretch.shut, stretch.rows = True, _rows(world, stretch)
    world.houses[stretch.house].shut_before = stretch.ends
    return ""


def _rows(world: World, stretch: Stretch) -> dict[PotName, tuple[int, int, int, int]]:
    rows = {
        name: _row(world, stretch, pot)
        for name, pot in world.pots.items()
        if pot.house == stretch.house
    }
    return {name: row for name, row in rows.items() if any(row)}


def _row(world: World, stretch: Stretch, pot: Pot) -> tuple[int, int, int, int]:
    before, debit, credit = 0, 0, 0
    for stroke, at in dated_strokes(world):
        if stroke.pot != pot.name or at >= stretch.ends:
            continue
        if stretch.begins is not None and at < stretch.begins:
            before += change(pot, stroke)
        elif stroke.debit:
            debit += stroke.amount
        else:
            credit += stroke.amount
    return before, debit, credit, before + (debit - credit if pot.owned else credit - debit)


def dated_strokes(world: World) -> Iterator[tuple[Stroke, dt.datetime]]:
    """Every stroke ever written, and from when it counts."""
    for deed in world.deeds.values():
        pages: Pages = deed.pages
        for page in pages.values():
            for stroke in page:
                assert deed.at is not None
                yield stroke, deed.at
    for written in world.journals.values():
        for stroke in written.page:
            yield stroke, written.at
