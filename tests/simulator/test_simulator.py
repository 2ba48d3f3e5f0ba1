"""Some runs of the simulated county; ``scripts/simulate`` runs any number."""

from __future__ import annotations

import pytest

from tests.simulator.simulation import Simulation

SEEDS = range(1, 25)


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_a_hostile_county_keeps_the_invariants(seed):
    assert Simulation(seed).run()


@pytest.mark.slow
def test_a_seed_replays(tmp_path):
    assert Simulation(3, steps=40).run() == Simulation(3, steps=40).run()
