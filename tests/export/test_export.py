"""Other people's programs read our books, agree with themselves, and with us on every balance."""

from __future__ import annotations

import csv
import datetime as dt
import decimal
import io
import os
import shutil
import stat
import subprocess
import sys
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

import psycopg
import pytest
from beancount import loader
from beancount.core.data import Transaction as BeancountTransaction
from django.core.management import CommandError, call_command

from accounts.models import Organization
from kernel.actor import Door
from kernel.auditor import auditor_snapshot
from kernel.context import Context, Scope
from kernel.ids import encode, new_id
from kernel.rows import insert_rows
from kernel.transactions import opens_transaction
from ledger.choices import AccountClass
from ledger.exporting.naming import names_of
from ledger.exporting.reading import Account, read_books
from ledger.exporting.writing import decimal_text
from ledger.services.periods import close_period, open_period
from tests.servers import SUPERUSER_VARIABLE
from tests.world import NOW, World, fund
from wallets.choices import WalletKind
from wallets.services.wallets import open_wallet
from wallets.tests.people import cash

pytestmark = pytest.mark.usefixtures("committed_db")

ODD = 'Rent; "June"\\ 100%\n    Assets:Fake  1 INR\t| ✓ é'
Balances = Mapping[tuple[str, str], decimal.Decimal]


def require_hledger() -> str:
    """Skip where hledger is not installed, except in CI, where that is a failure."""
    found = shutil.which("hledger")
    if found:
        return found
    words = "There is no hledger: install it with `apt-get install hledger`."
    if os.environ.get("CI", "").lower() in ("1", "true"):
        pytest.fail(words, pytrace=False)
    pytest.skip(words)


@pytest.fixture
def busy(world: World) -> World:
    """Transfers with odd texts, and money in currencies of every exponent."""
    world.send(description=ODD)
    world.send(description="* ! (code) = 2026-01-01")
    world.send(source=world.acme_wallet, destination=world.alice_wallet, amount_minor=1)
    for currency in ("JPY", "KWD", "USD"):
        wallet = open_wallet(
            actor=world.actor(world.alice),
            owner_id=world.alice.id,
            kind=WalletKind.CURRENT,
            currency=currency,
            now=NOW,
        )
        fund(world.actor(world.olga, door=Door.API), wallet, 12_345_678)
    return world


def exported(path: Path, name: str, organization: Organization | None = None) -> Path:
    arguments = ["--format", name, "--output", str(path)]
    if organization:
        arguments += ["--organization", encode("org", organization.id)]
    call_command("export_ledger", *arguments, stderr=io.StringIO())
    return path


def our_balances(organization: Organization | None = None) -> Balances:
    """Every account that is not at zero, in major units, debits less credits."""
    with auditor_snapshot() as connection:
        books = read_books(
            connection=connection,
            organization_id=organization.id if organization else None,
            today=NOW.date(),
        )
        names = names_of(books.accounts)
        return {
            (names[one.id], one.currency): decimal.Decimal(
                decimal_text(one.balance_minor, books.exponents[one.currency])
            )
            for one in books.accounts
            if one.balance_minor
        }


def hledger(path: Path, *arguments: str) -> str:
    done = subprocess.run(
        [require_hledger(), "-f", str(path), *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "LC_ALL": "C.UTF-8"},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def balances_of_hledger(path: Path) -> Balances:
    told = hledger(path, "balance", "--flat", "--no-total", "-O", "csv", "--layout", "bare")
    return {
        (row["account"], row["commodity"]): decimal.Decimal(row["balance"])
        for row in csv.DictReader(io.StringIO(told))
        if decimal.Decimal(row["balance"])
    }


def balances_of_beancount(path: Path) -> Balances:
    entries, errors, _ = loader.load_file(str(path))
    assert errors == []
    sums: dict[tuple[str, str], decimal.Decimal] = defaultdict(decimal.Decimal)
    for entry in entries:
        for posting in entry.postings if isinstance(entry, BeancountTransaction) else ():
            assert posting.units is not None
            assert posting.units.number is not None
            sums[posting.account, posting.units.currency] += posting.units.number
    return {place: total for place, total in sums.items() if total}


@pytest.mark.parametrize("whose", ["all", "acme"])
def test_hledger_agrees_on_every_balance(busy: World, tmp_path: Path, whose: str) -> None:
    organization = busy.acme if whose == "acme" else None
    path = exported(tmp_path / "books.journal", "hledger", organization)
    hledger(path, "check", "--strict", "ordereddates")
    ours = our_balances(organization)
    assert len({currency for _, currency in ours}) == 4
    assert balances_of_hledger(path) == ours


@pytest.mark.parametrize("whose", ["all", "acme"])
def test_beancount_agrees_on_every_balance(busy: World, tmp_path: Path, whose: str) -> None:
    organization = busy.acme if whose == "acme" else None
    path = exported(tmp_path / "books.beancount", "beancount", organization)
    check = Path(sys.executable).with_name("bean-check")
    done = subprocess.run([check, path], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")
    assert balances_of_beancount(path) == our_balances(organization)


@pytest.fixture
def closed(world: World, committed_db: str) -> World:
    """Acme keeps its days in India; its books are closed to the 18th, midnight there is 18:30 UTC.

    Of three deposits the second is of the 18th in UTC and of the 19th in India.
    """
    with psycopg.connect(os.environ[SUPERUSER_VARIABLE], dbname=committed_db) as superuser:
        superuser.execute(
            "UPDATE accounts_organization SET timezone = 'Asia/Kolkata' WHERE id = %s",
            [world.acme.id],
        )
    for hour in (18, 19, 42):
        at = dt.datetime(2026, 11, 18, tzinfo=dt.UTC) + dt.timedelta(hours=hour)
        cash(world, "deposit", world.alice_wallet, 1_00, effective_at=at)
    alice = world.actor(world.alice)
    for day in (16, 18):
        period = open_period(
            actor=alice,
            organization_id=world.acme.id,
            closes_on=dt.date(2026, 11, day),
            now=NOW,
        )
        close_period(actor=alice, period_id=period.id, now=NOW)
    return world


AT_CLOSE = "Liabilities:Acme:2000-{handle}:INR"


@pytest.mark.parametrize("whose", ["all", "acme"])
def test_closed_periods_end_where_the_organizations_days_do(
    closed: World, tmp_path: Path, whose: str
) -> None:
    organization = closed.acme if whose == "acme" else None
    wallet = AT_CLOSE.format(handle=closed.alice_wallet.handle)
    journal = exported(tmp_path / "books.journal", "hledger", organization)
    hledger(journal, "check", "--strict", "ordereddates")
    assert f"    {wallet}  0.00 INR = -1.00 INR\n" in journal.read_text()
    assert "2026-11-19 * Period of Acme closed\n" in journal.read_text()
    book = exported(tmp_path / "books.beancount", "beancount", organization)
    assert loader.load_file(str(book))[1] == []
    assert f"2026-11-19 balance {wallet}  -1.00 ~ 0 INR\n" in book.read_text()
    assert balances_of_hledger(journal) == balances_of_beancount(book)
    assert balances_of_beancount(book) == our_balances(organization)


def test_a_wrong_closing_balance_is_noticed_by_both(closed: World, tmp_path: Path) -> None:
    journal = exported(tmp_path / "books.journal", "hledger")
    journal.write_text(journal.read_text().replace("= -1.00 INR", "= -1.01 INR"))
    with pytest.raises(AssertionError, match="balance assertion"):
        hledger(journal, "check", "--strict")
    book = exported(tmp_path / "books.beancount", "beancount")
    book.write_text(book.read_text().replace("-1.00 ~ 0 INR", "-1.01 ~ 0 INR"))
    assert len(loader.load_file(str(book))[1]) == 1


def test_beancount_reads_odd_texts_as_they_were(busy: World, tmp_path: Path) -> None:
    entries, _, _ = loader.load_file(str(exported(tmp_path / "books.beancount", "beancount")))
    told = {one.narration for one in entries if isinstance(one, BeancountTransaction)}
    assert {ODD.replace("%", "%25"), "* ! (code) = 2026-01-01"} <= told


def test_hledger_reads_odd_texts_in_one_line(busy: World, tmp_path: Path) -> None:
    told = hledger(exported(tmp_path / "books.journal", "hledger"), "descriptions")
    assert 'Rent%3B "June"\\ 100%25%0A    Assets:Fake  1 INR%09| ✓ é' in told
    assert "* ! (code) = 2026-01-01" in told


def test_a_wrong_balance_is_noticed_by_both(busy: World, tmp_path: Path) -> None:
    """The assertions at the end are real: one minor unit off, and the check fails."""
    journal = exported(tmp_path / "books.journal", "hledger")
    journal.write_text(journal.read_text().replace("= -99800.01 INR", "= -99800.02 INR"))
    with pytest.raises(AssertionError, match="balance assertion"):
        hledger(journal, "check", "--strict")
    book = exported(tmp_path / "books.beancount", "beancount")
    book.write_text(book.read_text().replace("-99800.01 ~ 0 INR", "-99800.02 ~ 0 INR"))
    assert len(loader.load_file(str(book))[1]) == 1


def test_a_general_account_with_an_odd_code_and_its_double(busy: World, tmp_path: Path) -> None:
    codes = ["9000 Miete; größer:  alles", "9000-Miete-gr-er-alles", "…"]
    for code in codes:
        _open_account(organization=busy.acme, code=code)
    path = exported(tmp_path / "books.journal", "hledger")
    hledger(path, "check", "--strict")
    listed = hledger(path, "accounts", "--declared").splitlines()
    assert len([one for one in listed if "9000-Miete-gr-er-alles" in one]) == 2
    assert loader.load_file(str(exported(tmp_path / "b.beancount", "beancount")))[1] == []


def test_the_file_is_private_and_appears_whole(busy: World, tmp_path: Path) -> None:
    path = exported(tmp_path / "books.journal", "hledger")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [one.name for one in tmp_path.iterdir()] == ["books.journal"]
    with pytest.raises(CommandError, match="cannot be written"):
        exported(tmp_path / "missing" / "books.journal", "hledger")


def test_an_organization_that_does_not_exist_has_no_file(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="not_found: There is no organization"):
        exported(tmp_path / "books.journal", "hledger", Organization(id=new_id()))
    assert list(tmp_path.iterdir()) == []


def test_standard_output_is_the_file(busy: World, tmp_path: Path) -> None:
    out = io.StringIO()
    call_command("export_ledger", "--format", "hledger", stdout=out, stderr=io.StringIO())
    assert out.getvalue() == exported(tmp_path / "books.journal", "hledger").read_text()


def test_empty_books_are_books_too(tmp_path: Path) -> None:
    hledger(exported(tmp_path / "books.journal", "hledger"), "check", "--strict")
    assert loader.load_file(str(exported(tmp_path / "b.beancount", "beancount")))[1] == []


@pytest.mark.parametrize(
    ("amount_minor", "exponent", "text"),
    [
        (0, 2, "0.00"),
        (-5, 2, "-0.05"),
        (-5, 3, "-0.005"),
        (500, 0, "500"),
        (2**53 - 1, 2, "90071992547409.91"),
    ],
)
def test_amounts_have_all_their_digits(amount_minor: int, exponent: int, text: str) -> None:
    assert decimal_text(amount_minor, exponent) == text


def test_names_never_meet() -> None:
    def account(organization: str, code: str) -> Account:
        return Account(new_id(), organization, AccountClass.ASSET, code, "INR", "", 0)

    accounts = [account("Acme", "1 a"), account("acme", "1-a"), account("—", ";"), account("", "")]
    names = names_of(accounts)
    assert len(set(names.values())) == 4
    assert names[accounts[0].id] == "Assets:Acme:1-a:INR"
    assert names[accounts[1].id] == f"Assets:Acme:1-a:INR-{accounts[1].id.hex}"


def _platform(**_: object) -> Context:
    return Context(scope=Scope.PLATFORM)


@opens_transaction(context=_platform)
def _open_account(*, organization: Organization, code: str) -> None:
    columns = dict.fromkeys(
        ("kind", "account_class", "currency_id", "code", "name", "status"), "text"
    )
    columns |= {"id": "uuid", "organization_id": "uuid", "created_at": "timestamptz"}
    row = ("GENERAL", "EXPENSE", "INR", code, code, "ACTIVE", new_id(), organization.id, NOW)
    insert_rows(table="ledger_ledgeraccount", columns=columns, rows=[row])
