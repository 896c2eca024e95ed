"""Whatever persons, apps, agents and clocks do, only what stands is released."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import (
    run_state_machine_as_test,
)
from sqlmodel import SQLModel

from mynaportal_sim.database import Database
from mynaportal_sim.domains.catalogue import DOMAINS
from mynaportal_sim.records import generate
from tests.consent.machine import RESIDENT, Machine
from tests.consent.machine_prohibiting import Prohibiting
from tests.mynaportal_sim.records.kit import NOW, a_resident


@pytest.fixture(scope="module")
def machines(tmp_path_factory: pytest.TempPathFactory) -> dict[str, type[Machine]]:
    place = tmp_path_factory.mktemp("machine") / "template.sqlite3"
    database = Database(f"sqlite:///{place}")
    SQLModel.metadata.create_all(database.engine)
    resident = replace(a_resident("sato-hanako", date(1985, 4, 12)), id=RESIDENT)
    database.run(generate.fill, resident, NOW.date())
    database.close()
    Machine.records = [
        one for domain in DOMAINS for one in domain.records(resident, NOW.date())
    ]
    Machine.template = place
    return {"alone": Machine, "represented": Prohibiting}


_QUIET = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]


@pytest.mark.parametrize("who", ["alone", "represented"])
@pytest.mark.parametrize(
    ("examples", "steps"),
    [
        pytest.param(30, 30, id="some"),
        pytest.param(300, 60, id="many", marks=pytest.mark.deep),
    ],
)
def test_whatever_happens_only_what_stands_is_released(
    machines: dict[str, type[Machine]], who: str, examples: int, steps: int
) -> None:
    run_state_machine_as_test(
        machines[who],
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=_QUIET,
        ),
    )
