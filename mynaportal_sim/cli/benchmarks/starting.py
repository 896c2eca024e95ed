"""How long a start takes, and how much memory a portal needs."""

import shutil
from statistics import median

from mynaportal_sim.cli.benchmarks import portal
from mynaportal_sim.cli.benchmarks.rig import Rig
from mynaportal_sim.cli.benchmarks.row import Figure
from mynaportal_sim.cli.benchmarks.server import free_port


def second_start(rig: Rig) -> Figure:
    """Seconds from `mynasim up` on a directory that was used before to the first page."""
    data = rig.directory / "again"
    shutil.copytree(rig.prepared, data)
    took = []
    for _ in range(1 + rig.effort.rounds):
        beside = ("--sample-app-port", str(free_port()))
        log = rig.directory / "again.log"
        with portal.started(data, free_port(), log, *beside) as server:
            took.append(server.started_in)
    _first, *later = took
    return Figure(
        median(later), "by the wall clock, on one core, with the sample app, without the shim"
    )


def memory(rig: Rig) -> Figure:
    """Megabytes resident in the portal's process once the other rows were measured."""
    return Figure(rig.portal.server.resident_megabytes(), "VmRSS")
