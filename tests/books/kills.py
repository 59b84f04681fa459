"""Kills: the world of `crash_world` in processes of its own, which die again and again and go on."""

import multiprocessing
import random
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from tests.books.crash_world import final_state, live, main

LONGEST_STRIDE = 130
"""Writes that a process lives at most, of some thousand in a world."""
CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["tests.books.crash_world"])


@dataclass
class Tally:
    """What became of worlds that were interrupted."""

    kills: int = 0
    worlds: int = 0
    diverged: int = 0


def undisturbed(seed: int) -> tuple[str, ...]:
    """What a world ends as that nothing interrupts."""
    with tempfile.TemporaryDirectory() as scratch:
        live(Path(scratch), seed)
        return final_state(Path(scratch))


def until_done(folder: Path, seed: int, chance: random.Random, planted: str, most: int) -> int:
    """Kill and go on until a process lives to the end; after `most` kills it may. Returns the kills."""
    kills = 0
    while True:
        by_time = chance.random() < 0.3
        write = 0 if by_time or kills >= most else chance.randint(1, LONGEST_STRIDE)
        process = CONTEXT.Process(target=main, args=(str(folder), str(seed), str(write), planted))
        process.start()
        if by_time and kills < most:
            time.sleep(0.3 + chance.random())
            process.kill()
        process.join()
        if process.exitcode == 0:
            return kills
        assert process.exitcode == -9, "a world ends by a kill or well"
        kills += 1


def kill_worlds(kills: int, seed: int, planted: str = "") -> Tally:
    """Interrupt worlds until there were so many kills; each must end as if nothing had happened."""
    tally, chance, wanted = Tally(), random.Random(seed), {}
    while tally.kills < kills:
        world = seed + tally.worlds % 3
        wanted.setdefault(world, undisturbed(world))
        with tempfile.TemporaryDirectory() as scratch:
            tally.kills += until_done(Path(scratch), world, chance, planted, kills - tally.kills)
            tally.diverged += final_state(Path(scratch)) != wanted[world]
        tally.worlds += 1
    return tally
