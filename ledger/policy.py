"""Rules of the books that need no database."""

from __future__ import annotations

from ledger.choices import AccountClass, AccountStatus, Side

# The most items one posting carries; a larger batch is refused whole, never cut.
MAX_BATCH = 500

_DEBIT_NORMAL = frozenset({AccountClass.ASSET, AccountClass.EXPENSE})

_MOVES: dict[str, frozenset[str]] = {
    AccountStatus.ACTIVE: frozenset(
        {AccountStatus.FROZEN, AccountStatus.SUSPENDED, AccountStatus.CLOSED}
    ),
    AccountStatus.FROZEN: frozenset(
        {AccountStatus.ACTIVE, AccountStatus.SUSPENDED, AccountStatus.CLOSED}
    ),
    AccountStatus.SUSPENDED: frozenset({AccountStatus.ACTIVE, AccountStatus.FROZEN}),
    AccountStatus.CLOSED: frozenset(),
}


def normal_side(account_class: str) -> Side:
    """The side on which an account of this class grows."""
    return Side.DEBIT if account_class in _DEBIT_NORMAL else Side.CREDIT


def change_minor(*, account_class: str, side: str, amount_minor: int) -> int:
    """The signed change of a balance: positive on the account's normal side."""
    return amount_minor if side == normal_side(account_class) else -amount_minor


def may_become(*, current: str, wanted: str) -> bool:
    """Whether an account may move from one status to another. The database holds the same table."""
    return wanted in _MOVES[current]
