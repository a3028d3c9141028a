"""One consent is one payment, and no crowd of small payments slips past the threshold."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from functools import partial

import pytest

from accounts.errors import PendingActDecided
from accounts.models import PendingAct, User
from accounts.services.api_keys import IssuedKey, issue
from accounts.services.erasing import shred_person
from accounts.services.pending_acts import agree, reject
from accounts.services.people import change_role, remove_member
from kernel import metrics
from kernel.actor import Door, system
from kernel.context import reading
from kernel.errors import PermissionDenied
from tests.concurrency.racing import THREADS, assert_books_are_sound, race, until_not_busy
from tests.world import NOW, World, colleague, takes_two
from wallets.models import Transfer
from wallets.services.thresholds import set_dual_control_threshold
from wallets.services.transfers import TransferOutcome, execute_together, execute_transfers
from wallets.tests.people import opened
from wallets.tests.test_dual_control import LATER

pytestmark = pytest.mark.usefixtures("committed_db")

ALICE, ACME = 1_00_000_00, 5_00_000_00
DEADLOCK = "40P01"
SERVER = system(door=Door.COMMAND, request_id="shred_person")


def guarded(world: World, threshold_minor: int) -> list[User]:
    """Acme with two of finance; payments above the threshold take a second person."""
    officers = [colleague(world, name, "finance") for name in ("fay", "finn")]
    takes_two(world)
    set_dual_control_threshold(
        actor=world.signed_in(world.alice), currency="INR", threshold_minor=threshold_minor, now=NOW
    )
    return officers


def decided(world: World, checker: User, act: PendingAct, judge: object) -> str:
    """What somebody who decides learns."""
    try:
        done = judge(actor=world.signed_in(checker), act_id=act.id, now=LATER)  # type: ignore[operator]
    except (PendingActDecided, PermissionDenied) as error:
        return error.code
    return str(done.state)


def test_50_who_agree_and_refuse_at_once_decide_once(world: World) -> None:
    fay, finn = guarded(world, 1_000_00)
    act = world.send(amount_minor=5_000_00).pending_act
    assert act is not None
    calls = [
        partial(
            until_not_busy,
            partial(decided, world, checker, act, reject if number % 5 == 0 else agree),
        )
        for number in range(THREADS // 2)
        for checker in (fay, finn)
    ]

    answers = race(calls)

    with reading(world.signed_in(world.olga)):
        row = PendingAct.objects.get(id=act.id)
        paid = Transfer.objects.filter(reference=bytes(act.reference)).count()
    assert row.state in ("agreed", "rejected")
    assert paid == (row.state == "agreed")
    assert set(answers) <= {row.state, "pending_act_decided"}
    assert world.balance(world.alice_wallet) == ALICE - 5_000_00 * paid
    assert_books_are_sound(world)


@pytest.mark.parametrize("together", [False, True])
def test_a_payment_split_into_50_at_once_ends_at_the_threshold(
    world: World, together: bool
) -> None:
    """From two wallets to two others, so that no account's lock keeps the sum."""
    to_fay, to_finn = (opened(world, officer) for officer in guarded(world, 1_000_00))
    ways = [(world.acme_wallet, to_fay), (world.alice_wallet, to_finn)]

    def pay(number: int) -> TransferOutcome:
        source, destination = ways[number % 2]
        asked = world.request(source=source, destination=destination, amount_minor=100_00)
        return execute_together(asked) if together else execute_transfers([asked])[0]

    outcomes = race([partial(until_not_busy, partial(pay, number)) for number in range(THREADS)])

    passed = [one for one in outcomes if one.transfer is not None]
    waiting = [one for one in outcomes if one.pending_act is not None]
    assert (len(passed), len(waiting)) == (10, THREADS - 10)
    spent = ALICE + ACME - world.balance(world.alice_wallet) - world.balance(world.acme_wallet)
    assert spent == 1_000_00
    assert_books_are_sound(world)


def test_a_checker_demoted_at_the_same_moment_decides_before_or_not_at_all(world: World) -> None:
    fay, _ = guarded(world, 1_000_00)
    act = world.send(amount_minor=5_000_00).pending_act
    assert act is not None

    def demoted() -> str:
        alice = world.signed_in(world.alice)
        return str(change_role(actor=alice, user_id=fay.id, role="member", now=NOW))

    def agreed() -> str:
        return decided(world, fay, act, agree)

    answer, _ = race([agreed, demoted])

    paid = ALICE - world.balance(world.alice_wallet)
    assert (answer, paid) in (("agreed", 5_000_00), ("permission_denied", 0))


def deadlocks() -> float:
    """How often a transaction of this process was begun again because of one."""
    return metrics.transaction_retries.labels(DEADLOCK)._value.get()


def test_erasing_somebody_and_deciding_what_they_asked_for_lock_in_one_order(
    world: World,
) -> None:
    """Who decides holds the act, then people; an erasure takes the name out of the acts."""
    fay, adam = colleague(world, "fay", "admin"), takes_two(world)
    members = [colleague(world, f"m{number}", "member") for number in range(6)]
    acts = []
    for member in members:
        act = change_role(actor=world.signed_in(adam), user_id=member.id, role="finance", now=NOW)
        assert isinstance(act, PendingAct)
        acts.append(act)
    away = remove_member(actor=world.signed_in(world.alice), user_id=adam.id, now=NOW)
    assert isinstance(away, PendingAct)
    assert decided(world, fay, away, agree) == "agreed"
    before = deadlocks()

    def erased() -> str:
        # The program itself: of staff it would wait for a second person here, and erase nobody yet.
        done = shred_person(actor=SERVER, user_id=adam.id, now=NOW)
        return "erased" if isinstance(done, User) else "waits"

    calls: list[Callable[[], str]] = [partial(decided, world, fay, act, agree) for act in acts]
    answers = race([partial(until_not_busy, call) for call in (*calls, erased, erased)])

    assert answers == ["failed"] * len(acts) + ["erased"] * 2
    assert deadlocks() == before
    with reading(world.signed_in(world.olga)):
        by_adam = PendingAct.objects.filter(maker_id=adam.id)
        names = set(by_adam.values_list("maker_display", flat=True))
    assert names == {"Erased person"}


def test_deciding_about_officers_and_changing_roles_lock_in_one_order(world: World) -> None:
    """Who decides holds both people; who changes a role holds the organization, then a person."""
    adam = takes_two(world)
    pairs = 6
    members = [colleague(world, f"m{number}", "member") for number in range(pairs)]
    alice, before = world.signed_in(world.alice), deadlocks()

    def asked(user: User) -> PendingAct:
        act = change_role(actor=alice, user_id=user.id, role="finance", now=NOW)
        assert isinstance(act, PendingAct)
        return act

    def agreed(act: PendingAct) -> str:
        return decided(world, adam, act, agree)

    def changed() -> str:
        """The checker is given the role they have: their row is written, and nothing else."""
        change_role(actor=alice, user_id=adam.id, role="admin", now=NOW)
        return "changed"

    calls: list[Callable[[], str]] = [partial(agreed, asked(member)) for member in members]
    calls += [changed] * pairs
    answers = race([partial(until_not_busy, call) for call in calls])

    assert answers == ["agreed"] * pairs + ["changed"] * pairs
    assert deadlocks() == before


def test_a_key_that_is_wished_for_ten_times_at_once_is_one_request(world: World) -> None:
    """Its consent is used by one of them; the other nine ask anew, and that is one wish."""
    adam = takes_two(world)
    alice = world.signed_in(world.alice)

    def ask() -> PendingAct | IssuedKey:
        return issue(actor=alice, name="Mine", scopes=["transfers:write"], now=LATER)

    def waiting() -> list[uuid.UUID]:
        with reading(world.signed_in(world.olga)):
            acts = PendingAct.objects.filter(kind="accounts.api_key", state="pending")
            return list(acts.values_list("id", flat=True))

    race([partial(until_not_busy, ask)] * 10)
    (first,) = waiting()
    agree(actor=world.signed_in(adam), act_id=first, now=LATER)
    answers = race([partial(until_not_busy, ask)] * 10)

    (second,) = waiting()
    asked = [answer.id for answer in answers if isinstance(answer, PendingAct)]
    assert asked == [second] * 9
    assert len(answers) == 10
