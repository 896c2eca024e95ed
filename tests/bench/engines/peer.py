"""Decisions of casbin and cedarpy on the question that `mynasim bench decide` asks of ours.

One person has given fifty consents to ten apps, five each; an app asks for check-ups. Prints
JSON: decisions per second of CPU time, by engine. Neither knows periods, states or uses, so
they are asked for less than ours.
"""

import json
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time

import casbin
import cedarpy

CONSENTS, APPS = 50, 10
CATEGORIES = ("basic", "checkup", "medication")
MODEL = """
[request_definition]
r = sub, app, category

[policy_definition]
p = sub, app, category

[policy_effect]
e = some(where (p.eft == allow))

[matchers]
m = r.sub == p.sub && r.app == p.app && r.category == p.category
"""


def of_casbin(seconds: float) -> float:
    """Decisions per second of casbin."""
    with TemporaryDirectory() as place:
        model, policy = Path(place) / "model.conf", Path(place) / "policy.csv"
        model.write_text(MODEL)
        policy.write_text(
            "\n".join(
                f"p, resident, app-{number % APPS}, {category}"
                for number in range(CONSENTS)
                for category in CATEGORIES
            )
        )
        enforcer = casbin.Enforcer(str(model), str(policy))
    assert enforcer.enforce("resident", "app-5", "checkup")
    assert not enforcer.enforce("resident", "app-5", "genome")
    return rate(lambda: enforcer.enforce("resident", "app-5", "checkup"), seconds)


def of_cedarpy(seconds: float) -> float:
    """Decisions per second of cedarpy."""
    policies = "\n".join(
        f'permit(principal == App::"app-{number % APPS}", action == Action::"view",'
        f' resource in Category::"{category}") when {{ context.consent == {number} || true }};'
        for number in range(CONSENTS)
        for category in CATEGORIES
    )
    request = {
        "principal": 'App::"app-5"',
        "action": 'Action::"view"',
        "resource": 'Category::"checkup"',
        "context": {"consent": 5},
    }
    entities: list[object] = []
    assert cedarpy.is_authorized(request, policies, entities).allowed
    other = {**request, "resource": 'Category::"genome"'}
    assert not cedarpy.is_authorized(other, policies, entities).allowed
    return rate(lambda: cedarpy.is_authorized(request, policies, entities), seconds)


def rate(decide: "object", seconds: float) -> float:
    """How often `decide` runs in a second of CPU time."""
    assert callable(decide)
    count, began = 0, process_time()
    while (took := process_time() - began) < seconds:
        for _ in range(20):
            decide()
        count += 20
    return count / took


if __name__ == "__main__":
    wanted = float(sys.argv[1])
    found = {"casbin": of_casbin(wanted), "cedarpy": of_cedarpy(wanted)}
    sys.stdout.write(json.dumps(found))
