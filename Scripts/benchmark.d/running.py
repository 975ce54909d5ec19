"""Rows of the benchmark, and how their programs are run: in turn, as whole processes."""

import dataclasses
import functools
import math
import os
import random
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable

LIMIT = 1800  # seconds: when a program that doesn't end is ended
WARM = 3  # runs of each row that don't count
BUDGET = 180  # seconds for one row; after that it takes part in no more rounds


class Missing(Exception):
    """Why a row can't be measured here."""


class Failure(Exception):
    """What a program did that it mustn't."""


class once(functools.cached_property):
    """A property that is made once; what kept it from being made is raised each time it is wanted."""

    def __init__(self, make):
        def made(owner):
            failures = vars(owner).setdefault("failures", {})
            if make in failures:
                raise failures[make]
            try:
                return make(owner)
            except (Missing, Failure) as failure:
                failures[make] = failure
                raise

        super().__init__(made)
        self.__doc__ = make.__doc__


@dataclasses.dataclass
class Command:
    """A program, and what one run of it needs."""

    arguments: list
    environment: dict = dataclasses.field(default_factory=dict)
    # What it must print: nothing is said of a program that is fast because it fails.
    prints: Callable = lambda output: True
    # Called before each run, with its number; what it returns, if anything, are the run's arguments.
    before: Callable = lambda number: None

    def __post_init__(self):
        program = shutil.which(str(self.arguments[0]))
        if program is None:
            raise Missing(f"{os.path.basename(str(self.arguments[0]))} isn't installed")
        self.arguments = [program, *self.arguments[1:]]


@dataclasses.dataclass
class Goal:
    """A figure that must be reached: of a row by itself, or as a multiple of another row's."""

    what: str  # a key of the row's figures
    limit: float
    of: str = ""
    at_least: bool = False

    def judge(self, figures, others):
        """The goal with the value that was measured, or None where one of the two rows is missing."""
        value = figures.get(self.what)
        if self.of:
            base = others.get(self.of, {}).get(self.what)
            value = value / base if value is not None and base else None
        if value is None:
            return None
        reached = value >= self.limit if self.at_least else value <= self.limit
        return {**dataclasses.asdict(self), "value": round(value, 4), "reached": reached}


@dataclasses.dataclass
class Row:
    """What is measured, under which name, and what it is compared with.

    A row of processes makes a `Command`. A row of anything else returns its figures at once, as a dictionary.
    """

    group: str
    name: str
    make: Callable
    of: str = ""  # the row of the peer
    goals: list = dataclasses.field(default_factory=list)
    ours: bool = False
    rounds: int = 1_000_000  # at most


class Starter:
    """Scripts/benchmark.d/starter.c, which runs a program and says what that has cost."""

    def __init__(self, program, folder):
        self.errors, self.output = os.path.join(folder, "errors"), os.path.join(folder, "output")
        open(self.output, "wb").close()
        self.quiet = self.start(program, "/dev/null")
        self.kept = self.start(program, self.output)

    def start(self, program, output):
        return subprocess.Popen([program, output, self.errors], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def run(self, command, number, keep=False):
        """Runs a command once.

        With `keep` what it prints is compared with what it must print; otherwise it goes to /dev/null.
        """
        arguments = command.before(number) or command.arguments
        variables = [f"{name}={value}" for name, value in command.environment.items()]
        process = self.kept if keep else self.quiet
        strings = b"".join(os.fsencode(text) + b"\0" for text in [*arguments, *variables])
        process.stdin.write(f"{len(arguments)} {len(variables)} {LIMIT}\n".encode() + strings)
        process.stdin.flush()
        answer = process.stdout.readline().split()
        if not answer:
            raise Failure(f"{arguments[0]} can't be started")
        wall, user, system, faults, peak, status = map(int, answer)
        if status:
            with open(self.errors, encoding="utf-8", errors="replace") as file:
                raise Failure(f"it ended with {os.waitstatus_to_exitcode(status)}: {last_line(file.read())}")
        if keep:
            with open(self.output, "rb") as file:
                if not command.prints(file.read()):
                    raise Failure("it printed something else than it must")
        return {"ms": wall / 1e6, "processor_ms": (user + system) / 1e3, "page_faults": faults, "peak_mib": peak / 1024}

    def close(self):
        for process in (self.quiet, self.kept):
            process.stdin.close()
            process.wait()


def percentile(values, share):
    """The smallest value that is not below the share of all of them."""
    return sorted(values)[max(0, math.ceil(len(values) * share) - 1)]


def summary(runs):
    """The figures of a row from those of its runs."""
    times = [run["ms"] for run in runs]
    median = {name: statistics.median(run[name] for run in runs) for name in runs[0]}
    return {"runs": len(runs), "ms": round(median["ms"], 4), "p95_ms": round(percentile(times, 0.95), 4),
            "minimum_ms": round(min(times), 4), "processor_ms": round(median["processor_ms"], 4),
            "page_faults": round(median["page_faults"]), "peak_mib": round(max(run["peak_mib"] for run in runs), 2)}


def last_line(text):
    """What a program that failed said in the end, which is where most of them say why."""
    return (text.strip().splitlines() or ["nothing was said"])[-1][:200]


def say(text):
    print(text, file=sys.stderr, flush=True)


def in_turn(rows, starter, rounds):
    """Runs the rows of a group in turn, in a new order each time, so that a machine that slows down slows all of them.

    Returns the figures by name, the reason by the name of each row that has none, and the rows that failed.
    """
    commands, runs, spent, figures, missing, failed = {}, {}, {}, {}, {}, []
    for row in rows:
        try:
            made = row.make()
            if isinstance(made, dict):
                figures[row.name] = made
            else:
                starter.run(made, 0, keep=True)
                commands[row.name], runs[row.name], spent[row.name] = made, [], 0
        except Missing as reason:
            missing[row.name] = str(reason)
        except Failure as reason:
            missing[row.name] = str(reason)
            failed.append(row.name)
    limits = {row.name: min(rounds, row.rounds) for row in rows}
    for number in range(1, rounds + WARM + 1):
        # What follows a heavy program, or itself under another name, would always be slower, or faster.
        for name in random.sample(list(commands), len(commands)):
            if number <= WARM and limits[name] < rounds:
                continue
            if len(runs[name]) >= limits[name] or (spent[name] > BUDGET and runs[name]):
                continue
            began = time.monotonic()
            try:
                run = starter.run(commands[name], number)
            except Failure as reason:
                missing[name] = f"in round {number} {reason}"
                failed.append(name)
                del commands[name]
                continue
            if number > WARM:
                runs[name].append(run)
                spent[name] += time.monotonic() - began
    for row in rows:
        if row.name in commands:
            figures[row.name] = summary(runs[row.name])
    return figures, missing, failed
