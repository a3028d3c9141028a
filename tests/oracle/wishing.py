"""What somebody might ask for, drawn as a few small choices; `fitting` makes requests of them.

A payment of any amount from anybody to anybody is refused nearly always, and for the dullest of
reasons. So a wish is drawn as a direction ("as much as may be, and one more") and becomes a request
only when the model knows what that is: the edges of the rules are where the two sides can differ.
"""

from __future__ import annotations

import dataclasses

from hypothesis import strategies as st

from tests.oracle.model import cast as roles
from tests.oracle.model.state import Cap, Rate
from tests.oracle.model.terms import CHARGED
from tests.oracle.model.words import MOST, PAY_IN, PAY_OUT, SEND

NAMES = [purse.name for purse in roles.PURSES]
# Those with limits and prices are picked more often, and whoever set money aside last.
RESERVED = "who reserved"
PAYERS = [*NAMES, "alice", "alice", "alice savings", "bob", "charlie", *[RESERVED] * 4]
PEOPLE = [person.name for person in roles.PEOPLE]
HOUSES = [house.name for house in roles.HOUSES]

# What an amount is aimed at, and how far beside it lands.
Aim = int | tuple[str, int]
EDGE, FREE, ALL, DAY, MONTH, ROOM, HALF = "edge", "free", "all", "day", "month", "room", "half"
BESIDE = st.sampled_from([0, 0, 1, 1, -1])
EDGES = st.tuples(st.sampled_from([EDGE] * 4 + [FREE, ALL, DAY, MONTH, ROOM]), BESIDE)
SUMS = st.one_of(
    st.integers(1, 99),
    st.integers(1, 150_00),
    st.sampled_from([1, 40, 39, 7_50, 50_00, 100_00]),
    st.tuples(st.just(HALF), st.just(0)),
)
NONSENSE = st.sampled_from([0, -1, MOST, MOST + 1])
ODDITIES = ["stranger", "currency", "payee", "nobody", "itself", "fee", "other fee", "crowd"]

OLD_KEYS = st.one_of(st.none(), st.integers(0, 20))
# Whom to pick of those there are, counted back from the latest.
PICKS = st.sampled_from([0, 0, 0, 1, 1, 2, 3, 5, 8, 13])


@dataclasses.dataclass(frozen=True)
class Wish:
    """A direction.

    :param kind: what shall be done.
    :param payer: whose money; of a deposit, who receives it.
    :param payee: which of the possible receivers, counted round.
    :param amount: minor units, or what they are aimed at.
    :param odd: what is wrong or unusual about it.
    :param key: an old key, counted round, instead of a new one.
    """

    kind: str
    payer: str
    payee: int
    amount: Aim
    odd: str = ""
    key: int | None = None


@dataclasses.dataclass(frozen=True)
class ReserveWish:
    """A direction for setting money aside; see `Wish`."""

    payer: str
    payee: int
    amount: Aim
    hours: int
    odd: str = ""
    key: int | None = None


KINDS = st.sampled_from([SEND] * 5 + [PAY_IN, PAY_OUT, PAY_OUT])
PAYEES = st.integers(0, 7)
PAYS = st.builds(Wish, KINDS, st.sampled_from(PAYERS), PAYEES, st.one_of(SUMS, SUMS, EDGES))
EDGE_PAYS = st.builds(
    Wish, st.sampled_from([SEND, SEND, SEND, PAY_OUT]), st.sampled_from(PAYERS), PAYEES, EDGES
)
PAYS_BESIDE_HOLDS = st.builds(
    Wish,
    st.sampled_from([SEND, SEND, PAY_OUT]),
    st.just(RESERVED),
    PAYEES,
    st.tuples(st.sampled_from([FREE, ALL, EDGE]), BESIDE),
)
ODD_PAYS = st.builds(
    Wish,
    KINDS,
    st.sampled_from(PAYERS),
    PAYEES,
    st.one_of(SUMS, SUMS, EDGES, NONSENSE),
    st.sampled_from(["", *ODDITIES]),
    OLD_KEYS,
)
BATCHES = st.lists(st.one_of(PAYS, PAYS, EDGE_PAYS, ODD_PAYS), min_size=2, max_size=6)

HOURS = [1, 1, 6, 24, 24 * 7, 24 * 30]
RESERVES = st.builds(
    ReserveWish,
    st.sampled_from(PAYERS),
    PAYEES,
    st.one_of(SUMS, SUMS, st.tuples(st.sampled_from([FREE, ALL]), BESIDE)),
    st.sampled_from(HOURS),
)
ODD_RESERVES = st.builds(
    ReserveWish,
    st.sampled_from(PAYERS),
    PAYEES,
    st.one_of(SUMS, NONSENSE),
    st.sampled_from([*HOURS, 24 * 30 + 1, 0, -1]),
    st.sampled_from(["", "stranger", "currency", "payee", "nobody", "itself"]),
    OLD_KEYS,
)

# All of what is left without saying how much, a share of it, or so much beside it.
Part = str | int | None
PARTS = st.sampled_from([None, HALF, HALF, HALF, 0, 0, 1, -1])

RATES = st.builds(
    Rate,
    fixed=st.sampled_from([0, 0, 1, 2_50]),
    bps=st.sampled_from([0, 1, 50, 125, 333, 10_000]),
    least=st.sampled_from([0, 0, 7]),
    most=st.sampled_from([None, None, 7, 5_00]),
)
CAPS = st.builds(
    Cap,
    day=st.sampled_from([None, 0, 50_00, 200_00, 400_00]),
    month=st.sampled_from([None, 0, 200_00, 500_00, 1_000_00]),
)


@dataclasses.dataclass(frozen=True)
class PromiseWish:
    """How much may be owed between a house and the one so far down the list."""

    house: str
    apart: int
    currency: str
    amount: int


@dataclasses.dataclass(frozen=True)
class PriceWish:
    house: str
    kind: str
    currency: str
    rate: Rate


@dataclasses.dataclass(frozen=True)
class LimitWish:
    house: str
    kind: str
    cap: Cap


CURRENCIES = st.sampled_from(["INR", "INR", "USD"])
TERMS = st.one_of(
    st.builds(
        PromiseWish,
        st.sampled_from(HOUSES),
        st.integers(1, 2),
        CURRENCIES,
        st.sampled_from([0, 1, 100_00, 1_000_00, 5_000_00]),
    ),
    st.builds(
        PriceWish,
        st.sampled_from(["acme", "acme", "globex", "initech"]),
        st.sampled_from(CHARGED),
        CURRENCIES,
        RATES,
    ),
    st.builds(
        LimitWish,
        st.sampled_from(["acme", "acme", "globex", "initech"]),
        st.sampled_from(["savings", "current"]),
        CAPS,
    ),
)
