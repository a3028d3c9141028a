"""What the product never does, whoever asks: read in its own source.

A list here grows by somebody who thought about it: each entry says what stands there.
"""

from __future__ import annotations

import ast
import re

from tests.security.sources import (
    HOUSE,
    ROOMS,
    calling,
    calls,
    dotted,
    files,
    folder_of,
    importing,
    name_of,
    text_files,
)

# Who starts programs: from constant arguments, at an operator's command, never for a request.
STARTS_PROGRAMS = {"vaultcraft/backup", "vaultcraft/embedded", "vaultcraft/supervisor"}
CHECKS = {"vaultcraft/checks.py", "vaultcraft/supply.py"}
# Who speaks to another server: to one that the settings name, or to those of organizations.
PARTNERS = {
    "PostgreSQL": {
        "audit/exporting.py",
        "audit/management/commands/export_audit.py",
        "audit/management/commands/prove_audit.py",
        "audit/management/commands/verify_audit.py",
        "events/consuming/judging.py",
        "events/relay/carrying.py",
        "events/relay/connecting.py",
        "events/relay/cursor.py",
        "events/relay/mending.py",
        "kernel/auditor.py",
        "kernel/transactions.py",
        "ledger/checker/running.py",
        "ledger/exporting/reading.py",
        "ledger/management/commands/export_ledger.py",
        "ledger/management/commands/verify_books.py",
        "vaultcraft/backbone_metrics.py",
        "vaultcraft/backup/embedded.py",
        "vaultcraft/backup/postgres.py",
        "vaultcraft/backup/restoring.py",
        "vaultcraft/backup/taking.py",
        "vaultcraft/books_metrics.py",
        "vaultcraft/embedded/bootstrap.py",
        "vaultcraft/embedded/servers.py",
        "vaultcraft/env.py",
        "vaultcraft/health.py",
        "vaultcraft/supervisor/greeting.py",
    },
    "Redis": {
        "accounts/services/attempts.py",
        "accounts/services/factors/short_memory.py",
        "accounts/services/pins/spraying.py",
        "events/relay/hints.py",
        "kernel/rates/counting.py",
    },
    "SMTP": {"accounts/services/mail/delivering.py"},
    "NATS, to ask whether it is there": {"vaultcraft/health.py"},
    "NATS": {
        "events/broker/fetching.py",
        "events/broker/jetstream.py",
        "events/broker/looking.py",
        "events/consuming/running.py",
        "events/management/commands/run_consumers.py",
        "events/management/commands/run_relay.py",
        "events/rebuilding/reading.py",
        "vaultcraft/request_stream.py",
        "web/live/reading.py",
    },
    "Kafka, where it is configured": {"events/broker/kafka.py"},
    "nobody: they wait": {
        "events/alive.py",
        "notifications/management/commands/run_webhooks.py",
        "notifications/working.py",
        "vaultcraft/management/commands/run_live.py",
        "web/live/application.py",
        "web/live/listening.py",
        "web/live/watching.py",
    },
    "our own process of open pages, which the operator names": {"vaultcraft/live_gate.py"},
    "organizations' servers, at public addresses only": {
        "notifications/webhooks/connecting.py",
        "notifications/webhooks/sending.py",
    },
    "our own ports and web server, at the start": {
        "vaultcraft/embedded/ports.py",
        "vaultcraft/embedded/servers.py",
        "vaultcraft/supervisor/settling.py",
        "vaultcraft/arriving.py",
        "vaultcraft/web_worker.py",
    },
}
CONNECTING = (
    *("aiohttp", "asyncio", "confluent_kafka", "ftplib", "http.client", "httpx", "imaplib"),
    *("nats", "poplib"),
    *("psycopg", "redis", "requests", "smtplib", "socket", "ssl", "urllib.request", "urllib3"),
)
# Chance where nothing depends on its not being guessed.
PLAIN_CHANCE = {
    "events/consuming/taking.py": "how long until what failed is tried again",
    "notifications/webhooks/times.py": "how long until a delivery is tried again",
    "events/saga/working.py": "the same",
    "kernel/transactions.py": "how long a retry waits",
    "vaultcraft/seeding/story.py": "the demo world, the same every time",
}
# Where a statement is put together while the program runs, and of what.
COMPOSED = {
    "accounts/look_ups.py": "names of columns of models",
    "audit/services/sealing.py": "names of columns of the model",
    "accounts/services/vault/sealed_rows.py": "names of the columns that rooms registered",
    "events/rebuilding/comparing.py": "names of tables of consumers, and of their keys' columns",
    "events/rebuilding/making.py": "a statement of the program with its constants",
    "kernel/rows.py": "a statement of the program and its ON CONFLICT",
    "kernel/transactions.py": "names of settings; their values are bound",
    "kernel/auditor.py": "psycopg.sql, which quotes",
    "ledger/queries/trial_balance.py": "what Django wrote of a query; its values are bound",
    "ledger/services/locking.py": "a statement with or without its lock",
    "ledger/services/opening.py": "names of columns",
    "ledger/services/periods.py": "names of columns",
}
# Commands that write documents of the project, or the export that was asked for.
WRITE_FILES = {
    "accounts/management/commands/permissions_table.py",
    "audit/management/commands/export_audit.py",
    "events/management/commands/event_schemas.py",
    "ledger/management/commands/export_ledger.py",
}
OPEN_WHAT_IS_NO_PATH = {
    "audit/offline.py": "a program of its own: reads what it is given",
    "audit/services/heads.py": "the one file of heads that the settings name",
    "accounts/services/mail/delivering.py": "a connection to the mail server",
    "kyc/inspecting/pictures.py": "a picture in memory",
    "web/views/sent_mail.py": "reads the mail of a developer's own machine",
}


def test_no_code_is_made_while_it_runs():
    """ASVS 1.3.2, 1.5.2: nothing is evaluated, and nothing that is read builds objects."""
    evaluating = {
        path for path, call in calls() if dotted(call) in ("eval", "exec", "compile", "__import__")
    }
    assert evaluating == set()
    assert importing("code", "dill", "marshal", "pickle", "shelve", "yaml", "xml", "lxml") == set()
    named_by_settings = {"kyc/providers/__init__.py", "wallets/rails/__init__.py"}
    assert calling("import_string", "import_module") == named_by_settings


def test_programs_are_started_by_operators_commands_only():
    """ASVS 1.2.5."""
    starting = importing("subprocess", "pty", "multiprocessing") | calling(
        "os.system", "os.popen", "os.execv", "os.execve", "os.spawnv", "os.posix_spawn"
    )
    assert {folder_of(path) for path in starting - CHECKS} == STARTS_PROGRAMS
    shells = {path for path, call in calls() if "shell" in {one.arg for one in call.keywords}}
    assert shells == set()


def test_other_servers_are_those_of_the_settings():
    """ASVS 13.2.4, 13.2.5; so there is no address of a user to be called (1.3.6, 15.3.2)."""
    assert importing(*CONNECTING) == set().union(*PARTNERS.values())
    # Who is connected to: web, by gunicorn, and counters, where an operator says so.
    assert calling("start_http_server") == {"events/metrics.py"}


def test_chance_is_that_of_the_operating_system():
    """ASVS 6.5.3, 11.5.1."""
    assert importing("random", "numpy") == set(PLAIN_CHANCE)
    # Names of requests and of forms; nothing is opened by knowing one.
    assert calling("uuid4", "uuid1") == {"web/doors.py", "web/forms/fields.py"}


def test_no_file_is_written_for_a_request():
    """ASVS 5.3.1, 5.3.2: so no path is made of what anybody sent."""
    writing = calling("open", "write_text", "write_bytes", "mkstemp", "NamedTemporaryFile")
    assert {path for path in writing if not path.startswith("vaultcraft/")} == (
        WRITE_FILES | set(OPEN_WHAT_IS_NO_PATH)
    )
    storing = importing("django.core.files.storage", "shutil", "tempfile", "tarfile")
    assert {path for path in storing if not path.startswith("vaultcraft/")} == set()


def test_templates_are_files_and_escape():
    """ASVS 1.2.1, 1.3.7: no template is made of a text, and texts are marked up nowhere else.

    One place takes a cell of the admin's lists, which is markup, apart to put its column's name in.
    """
    assert calling("from_string", "SafeString", "Template") == set()
    marking = [path for path, call in calls() if name_of(call) == "mark_safe"]
    assert marking == ["web/templatetags/faces.py"]
    patterns = [(path, call.args[0]) for path, call in calls() if name_of(call) == "format_html"]
    assert patterns
    assert [path for path, pattern in patterns if not isinstance(pattern, ast.Constant)] == []
    unescaped = [
        (path, found)
        for path, text in text_files("templates", suffix=".html").items()
        for found in re.findall(r"\{\{[^}]*\|\s*safe[^}]*\}\}|autoescape off|safeseq", text)
    ]
    # What help texts hold is written in forms, by us.
    assert unescaped == [("templates/partials/field.html", "{{ field.help_text|safe }}")]


def test_patterns_are_not_of_users():
    """ASVS 1.2.9: a pattern is a text of the program, or put together of such."""
    made = [
        (path, ast.unparse(call))
        for path, call in calls()
        if dotted(call) in _OF_PATTERNS and not _constant(call.args[0])
    ]
    assert made == [("api/fields.py", "re.compile(pattern, re.ASCII)")]  # of a field's definition


_OF_PATTERNS = tuple(
    f"re.{name}"
    for name in ("compile", "match", "search", "fullmatch", "sub", "findall", "finditer", "split")
)


def _constant(pattern: ast.expr) -> bool:
    """Whether all of it is literal, or named as constants are."""
    names = [node.id for node in ast.walk(pattern) if isinstance(node, ast.Name)]
    return all(name.strip("_").isupper() for name in names)


def test_statements_are_texts_of_the_program():
    """ASVS 1.2.4: what is executed is a text of the program, and values are bound to it."""
    composing = {
        path
        for path, call in calls()
        if path.startswith(tuple(f"{room}/" for room in ROOMS))
        and name_of(call) in ("execute", "executemany", "raw", "extra")
        and call.args
        and isinstance(call.args[0], ast.BinOp | ast.JoinedStr | ast.Call)
    }
    assert composing == set(COMPOSED)


def test_the_house_is_read_whole():
    assert {path.split("/")[0] for path in files()} == set(HOUSE)
    assert len(files()) > 300
