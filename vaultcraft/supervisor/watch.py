"""The watch over all processes: a dead one is reported and started again, a few times."""

import signal
import time
from collections.abc import Callable

from vaultcraft.embedded.processes import Child

POLL_SECONDS = 0.2
RESTARTS = 3
RESTART_WINDOW_SECONDS = 60.0


class Watch:
    """Looks at children until a signal says stop or one of them cannot be kept alive."""

    def __init__(self, *, say: Callable[[str], None]) -> None:
        self._say = say
        self._deaths: dict[str, list[float]] = {}
        self._stop_requested = False
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._on_signal)
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # nohup means to go on
            signal.signal(signal.SIGHUP, self._on_signal)

    def stop_requested(self) -> bool:
        """Tell whether a signal came."""
        return self._stop_requested

    def keep(self, children: list[Child], *, on_change: Callable[[], None]) -> bool:
        """Watch; return True when asked to stop, False when a process keeps dying."""
        while not self.stop_requested():
            for position, child in enumerate(children):
                if child.running:
                    continue
                if self.stop_requested():
                    return True
                if not self._may_restart(child):
                    return False
                children[position] = Child(program=child.program)
                on_change()
            time.sleep(POLL_SECONDS)
        return True

    def _may_restart(self, child: Child) -> bool:
        """Report a death; tell whether it is worth another start."""
        name, now = child.program.name, time.monotonic()
        deaths = [at for at in self._deaths.get(name, []) if now - at < RESTART_WINDOW_SECONDS] + [
            now
        ]
        self._deaths[name] = deaths
        self._say(f"{name} ended ({child.exit_code}). The end of {child.program.log_path}:")
        self._say(child.log_tail())
        if len(deaths) > RESTARTS:
            self._say(f"{name} ended {len(deaths)} times within a minute: giving up.")
            return False
        self._say(f"Starting {name} again.")
        return True

    def _on_signal(self, number: int, frame: object) -> None:
        """Note the wish; the loops look at it."""
        self._stop_requested = True
