"""Runs that are killed at random, in part or as a whole: what they leave behind, and whether they resume.

``python tests/induction/kills.py 50`` prints what became of 50 of them.
"""

from __future__ import annotations

import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

PATIENCE = 10.0  # seconds within which whatever was killed has to have ended, and to be gone

RUN = """
import sys, time
from hashlib import sha256
sys.path.insert(0, sys.argv[3])
import lp_posg as posg
from random_games import random_game
from lp_posg.induction import backward, kept_parts

backward.APART_MOST, kept_parts.SAVE_SECONDS = 8, 0.2  # many small parts: kills come in the midst of some


def solve(**how):
    print("begun", flush=True)
    solution = posg.solve(random_game(5, n_states=2), 4, "full", "ne", checkpoint=sys.argv[2], **how)
    atoms = [block.atom_prob for step in solution.policy.steps for block in step.blocks]
    print(sha256(b"".join(part.tobytes() for part in [*solution.node_values, *atoms])).hexdigest(), flush=True)


def main(place):
    if place != "dask":
        return solve(workers=1 if place == "serial" else 2)
    import dask
    from distributed import Client, LocalCluster

    dask.config.set({"distributed.scheduler.allowed-failures": int(sys.argv[4])})
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0") as cluster, Client(cluster):
        solve(workers=2, backend="dask")


if __name__ == "__main__":
    try:
        main(sys.argv[1])
    except posg.errors.SolveError as error:
        print("error:", time.time(), error, flush=True)
"""


@dataclass
class Report:
    """What became of the kills."""

    kills: Counter[tuple[str, str]] = field(default_factory=Counter)
    ends: Counter[tuple[str, str]] = field(default_factory=Counter)
    slowest_end: dict[tuple[str, str], float] = field(default_factory=dict)  # of a run killed, of an error told
    slowest_gone: float = 0.0
    faults: list[str] = field(default_factory=list)


def members(session: int) -> dict[int, tuple[int, str]]:
    """Return parent and command line of each living process of a session."""
    found = {}
    for process in filter(str.isdigit, os.listdir("/proc")):
        try:
            state, parent, _, own, *_ = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
            if int(own) == session and state not in "ZX":
                found[int(process)] = int(parent), Path(f"/proc/{process}/cmdline").read_text().replace("\0", " ")
        except (OSError, ValueError):
            continue
    return found


def workers_of(parent: int) -> list[int]:
    """Return the processes that a run has handed its work to."""
    return [
        process
        for process, (of, command) in members(parent).items()
        if of == parent and ("popen_loky" in command or "spawn_main" in command)
    ]


class Kills:
    """Kills of runs of one checkpoint after another."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder, self.rng, self.report = folder, random.Random(seed), Report()
        self.script, self.temporary = folder / "run.py", folder / "tmp"
        self.script.write_text(RUN)
        self.temporary.mkdir()
        run = self.start("serial", "whole")
        assert run.stdout is not None
        assert run.stdout.readline() == "begun\n"
        begun = time.monotonic()
        self.answer = self.finish(run)
        self.needed = time.monotonic() - begun
        self.rounds = 0

    def start(self, place: str, checkpoint: str, failures: int = 0) -> subprocess.Popen[str]:
        """Return a run, in a session of its own."""
        tests = str(Path(__file__).resolve().parents[1])
        command = [sys.executable, str(self.script), place, str(self.folder / checkpoint), tests, str(failures)]
        return subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
            env=os.environ | {"TMPDIR": str(self.temporary)},
        )

    def finish(self, run: subprocess.Popen[str]) -> str:
        """Return what a run that is left alone says."""
        said, _ = run.communicate(timeout=300)
        assert run.returncode == 0, said
        return said.split()[-1]

    def kill(self, place: str, victim: str, failures: int = 0) -> None:
        """Kill a run, or one of its workers, at a random moment; what it leaves is a fault."""
        number = self.rng.choice([signal.SIGKILL, signal.SIGTERM, signal.SIGHUP]) if victim == "parent" else 9
        run = self.start(place, f"c{self.rounds}", failures)
        assert run.stdout is not None
        assert run.stdout.readline() == "begun\n"
        time.sleep(self.rng.uniform(0.0, 0.8) * self.needed)
        workers = workers_of(run.pid)
        targets = [run.pid] if victim == "parent" else self.rng.sample(workers, min(1, len(workers)))
        begun, done = time.time(), run.poll() is not None
        for target in targets:
            with suppress(ProcessLookupError):
                os.kill(target, number)
        self.report.kills[place, victim] += bool(targets) and not done
        ended, at = self._ended(run, place, victim)
        if ended != "answer":
            slowest = self.report.slowest_end
            slowest[place, victim] = max(slowest.get((place, victim), 0.0), at - begun)
            if at - begun > PATIENCE:
                self.report.faults.append(f"{place}, {victim}: {ended} after {at - begun:.1f} seconds")
        self._gone(run.pid, f"{place}, {victim}, {signal.Signals(number).name}")
        if ended == "answer":
            self.rounds += 1  # the next begins anew; otherwise it resumes

    def _ended(self, run: subprocess.Popen[str], place: str, victim: str) -> tuple[str, float]:
        """Return how a run ended and when; a cluster may do a task again, and then has to close."""
        try:
            said, _ = run.communicate(timeout=PATIENCE if victim == "parent" else 60.0)
        except subprocess.TimeoutExpired:
            self.report.faults.append(f"{place}, {victim}: hangs")
            run.kill()
            run.communicate()
            return "hangs", time.time()
        line = said.strip()
        how = "killed" if not line else "error" if line.startswith("error:") else "answer"
        if (how == "answer" and line != self.answer) or "\n" in line:
            self.report.faults.append(f"{place}, {victim}: another answer, {line[:200]}")
        self.report.ends[place, how] += 1
        return how, float(line.split()[1]) if how == "error" else time.time()

    def _gone(self, session: int, what: str) -> None:
        begun, left = time.monotonic(), ["?"]
        while left and time.monotonic() - begun < PATIENCE:
            # Other runs of this machine have names of their own there.
            shared = [name for name in os.listdir("/dev/shm") if re.search(rf"(loky-|folder_){session}[-_]", name)]
            folders = [name for name in os.listdir(self.temporary) if "joblib" in name or "loky" in name]
            left = [*map(str, members(session).values()), *shared, *folders]
            time.sleep(0.05 if left else 0.0)
        self.report.slowest_gone = max(self.report.slowest_gone, time.monotonic() - begun)
        if left:
            self.report.faults.append(f"{what}: left behind {left}")
            for process in members(session):
                os.kill(process, signal.SIGKILL)

    def resumed(self) -> None:
        """Take every checkpoint up again, serially; another answer is a fault."""
        for number in range(self.rounds + 1):
            if (self.folder / f"c{number}").exists() and self.finish(self.start("serial", f"c{number}")) != self.answer:
                self.report.faults.append(f"c{number} resumes to another answer")


CASES = [("serial", "parent"), ("processes", "parent"), ("processes", "worker"), ("dask", "parent"), ("dask", "worker")]


def campaign(folder: Path, count: int, cases: list[tuple[str, str]], seed: int = 0, failures: int = 0) -> Report:
    """Return what became of so many kills, the cases in turn."""
    kills = Kills(folder, seed)
    tried = 0
    while sum(kills.report.kills.values()) < count and tried < 3 * count:
        kills.kill(*cases[tried % len(cases)], failures)
        tried += 1
    kills.resumed()
    return kills.report


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        print(campaign(Path(place), int(sys.argv[1]), CASES))
