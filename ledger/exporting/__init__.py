"""The books as plain-text accounting, so that other people's programs can check them.

Read as the auditor in one snapshot, with SQL of its own, and streamed: no more than one
transaction and the names of the accounts are in memory.
"""

from __future__ import annotations

from ledger.exporting.beancount import Beancount
from ledger.exporting.hledger import Hledger
from ledger.exporting.reading import Books, read_books
from ledger.exporting.writing import Writer, write_books

WRITERS: dict[str, type[Writer]] = {"hledger": Hledger, "beancount": Beancount}

__all__ = ["WRITERS", "Books", "Writer", "read_books", "write_books"]
