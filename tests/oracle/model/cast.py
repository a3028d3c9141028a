"""Who plays: three houses in three time zones, six people, nine wallets, and their first money."""

from __future__ import annotations

import datetime as dt

from tests.oracle.model.bank import settle
from tests.oracle.model.ruling import limit, price, promise
from tests.oracle.model.settling import cash, income
from tests.oracle.model.state import Cap, House, Person, Pot, Purse, Rate, World
from tests.oracle.model.words import PAY_IN, SEND, TAKE, Ask

# Far enough in the past that the door's clock, however long a run, never passes the machine's.
START = dt.datetime(2024, 1, 10, 6, 0, tzinfo=dt.UTC)

HOUSES = (
    House("acme", "Asia/Kolkata"),
    House("globex", "America/New_York"),
    House("initech", "UTC"),
)
PEOPLE = (
    Person("alice", "acme", "owner"),
    Person("bob", "acme", "member"),
    Person("vera", "acme", "viewer"),
    Person("charlie", "globex", "owner"),
    Person("ivan", "initech", "owner"),
    Person("olga", None, "staff admin"),
)
PURSES = (
    Purse("alice", "acme", "alice", "current", "INR"),
    Purse("alice savings", "acme", "alice", "savings", "INR"),
    Purse("alice dollars", "acme", "alice", "current", "USD"),
    Purse("bob", "acme", "bob", "savings", "INR"),
    Purse("acme", "acme", None, "current", "INR"),
    Purse("charlie", "globex", "charlie", "current", "INR"),
    Purse("charlie dollars", "globex", "charlie", "current", "USD"),
    Purse("globex", "globex", None, "merchant", "INR"),
    Purse("ivan", "initech", "ivan", "current", "INR"),
)
# What every chart begins with besides cash and fees: equity and income.
GENERAL = ("3000-OPENING", "4900-RESIDUE")
# How far each house said it trusts another: initech said nothing to globex.
PROMISES = (
    ("acme", "globex", "INR", 5_000_00),
    ("globex", "acme", "INR", 3_000_00),
    ("acme", "initech", "INR", 1_000_00),
    ("initech", "acme", "INR", 1_000_00),
    ("acme", "globex", "USD", 500_00),
    ("globex", "acme", "USD", 500_00),
    ("globex", "initech", "INR", 1_000_00),
)
FUNDS = (
    ("alice", 2_000_00),
    ("alice savings", 300_00),
    ("alice dollars", 250_00),
    ("bob", 150_00),
    ("acme", 10_000_00),
    ("charlie", 1_500_00),
    ("globex", 4_000_00),
    ("ivan", 700_00),
)

# What houses charge, and what they let their people spend, to begin with.
PRICES = (
    ("acme", SEND, "INR", Rate(fixed=0, bps=125, least=0, most=5_00)),
    ("acme", TAKE, "INR", Rate(fixed=1, bps=50, least=0, most=None)),
    ("globex", SEND, "INR", Rate(fixed=0, bps=50, least=7, most=None)),
)
LIMITS = (
    ("acme", "current", "INR", Cap(400_00, 1_000_00)),
    ("acme", "savings", "INR", Cap(100_00, 250_00)),
    ("globex", "current", "INR", Cap(300_00, 700_00)),
)

# What everybody may spend, in whole units, until the platform or a house says otherwise.
_EVERYBODY = {"savings": (10_000, 100_000), "current": (50_000, 500_000)}
_EVERYBODY["merchant"] = (250_000, 2_500_000)
_SCALE = {"INR": 100, "USD": 1}


def world() -> World:
    """The model's world before anybody moves."""
    bank = World(now=START, founded=START)
    bank.houses = {one.name: House(one.name, one.zone) for one in HOUSES}
    bank.people = {one.name: one for one in PEOPLE}
    for purse in PURSES:
        bank.purses[purse.name] = purse
        bank.pots[purse.pot] = Pot(purse.pot, purse.house, purse.currency, bottom=0)
    _found_charts(bank)
    for kind, (day, month) in _EVERYBODY.items():
        for currency, scale in _SCALE.items():
            cents = scale * 100
            bank.caps[None, kind, currency] = Cap(day * cents, month * cents)
    for words in PROMISES:
        promise(bank, *words)
    for price_words in PRICES:
        price(bank, *price_words)
    for limit_words in LIMITS:
        limit(bank, *limit_words)
    settle(bank, funding())
    return bank


def _found_charts(bank: World) -> None:
    """Every house begins with some pots in its own currency."""
    for house in bank.houses:
        cash(bank, house, "INR")
        income(bank, house, "INR")
        for code in GENERAL:
            name = ("general", house, code, "INR")
            bank.pots[name] = Pot(name, house, "INR")


def funding() -> list[Ask]:
    """The deposits everybody begins with."""
    currencies = {purse.name: purse.currency for purse in PURSES}
    return [
        Ask(PAY_IN, "olga", -number, amount, currencies[name], payee=name, slip=f"opening {name}")
        for number, (name, amount) in enumerate(FUNDS, start=1)
    ]
