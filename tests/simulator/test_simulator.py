"""Some hundreds of runs of the simulated county; ``scripts/simulate`` runs any number."""

from __future__ import annotations

from collections import Counter
from functools import cache

import pytest

from common.event_types import EVENT_TYPES, Home
from tests.simulator.lies import LIES
from tests.simulator.links import FAULTS
from tests.simulator.machines import ZONES, locales
from tests.simulator.simulation import Simulation

pytestmark = pytest.mark.slow
SEEDS = range(1, 251)


@cache
def ran(seed: int) -> Counter[str]:
    """What happened in a run in which all invariants held."""
    return Simulation(seed).run()


@pytest.mark.parametrize("seed", SEEDS)
def test_a_hostile_county_keeps_the_invariants(seed: int) -> None:
    assert ran(seed)["cases"]


@pytest.fixture(scope="module")
def met() -> Counter[str]:
    """What happened in all of these runs."""
    return sum((ran(seed) for seed in SEEDS), Counter())


def test_every_act_is_done_in_some_run(met: Counter[str]) -> None:
    kinds = {name for name, kind in EVENT_TYPES.items() if kind.home in (Home.CASE, Home.NODE)}
    assert not {kind for kind in kinds if not met[f"wrote {kind}"]}


def test_every_misfortune_happens_in_some_run(met: Counter[str]) -> None:
    """Links, disks, clocks and people that err; else a run that holds says little."""
    wanted = {f"link: {fault}" for fault in FAULTS} | {f"lie: {lie}" for lie in LIES}
    wanted |= {f"zone {zone}" for zone in ZONES} | {f"locale {each}" for each in locales()} | {"wrong clocks"}
    wanted |= {"stops", "torn commits", "disk full", "images", "put back", "delivered late", "meanwhile"}
    wanted |= {"wrote origin.forked", "wrote epoch.opened", "wrote case.lapsed", "wrote case.expired"}
    wanted |= {"aside: act.rival", "aside: act.base_aside", "wrote case.adopted", "refused"}
    wanted |= {"enrolled", "parents changed", "calendars", "papers asked for", "papers fetched"}
    wanted |= {
        "machines out of service",
        "thefts",
        "officers appointed",
        "officers ended",
        "acts of newcomers",
        "acts of substitutes",
    }
    assert not {name for name in wanted if not met[name]}


def test_machines_stop_between_any_two_writes(met: Counter[str]) -> None:
    """Before the first write of a transaction and the last, at its commit, and right after that."""
    before = {name.removeprefix("stopped before ") for name in met if name.startswith("stopped before ")}
    wanted = {
        "INSERT INTO event", "UPDATE origin SET", "INSERT INTO feed", "INSERT INTO scope", "UPDATE division SET",
        "INSERT INTO case_view", "INSERT INTO peer", "INSERT INTO paper", "COMMIT", "the next transaction",
    }  # fmt: skip
    assert wanted <= before
    assert len(before) > 2 * len(wanted)


def test_a_seed_replays() -> None:
    assert Simulation(3).run() == ran(3)
