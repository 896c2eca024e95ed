"""The scopes that stand for kinds of data are those that apps register for."""

from mynaportal_sim.domains.smart import WORDS
from mynaportal_sim.oauth.scopes import CATEGORY_OF
from mynaportal_sim.phr.search import DATE_PARAMETERS


def test_each_scope_of_a_kind_of_data_with_a_day_is_named_with_its_parameter() -> None:
    known: dict[str, dict[str, str]] = {}
    for scope, category in CATEGORY_OF.items():
        parameter = DATE_PARAMETERS.get(scope.removeprefix("patient/").removesuffix(".rs"))
        if parameter is not None:
            known.setdefault(category, {})[scope] = parameter
    assert known == WORDS
