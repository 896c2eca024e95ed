"""A body that ages: what a check-up measures of it, year after year.

A person's traits are drawn once and drift with age; what belongs together is computed from one
another (BMI from height and weight, non-HDL from total and HDL cholesterol, eGFR from
creatinine). Means follow Japan's National Health and Nutrition Survey in outline only.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import exp, log
from random import Random
from typing import Self

from card_reader.spec.person import Sex
from mynaportal_sim.domains.checkup.items import ITEMS

Values = dict[str, float]

_WOMAN_EGFR = 0.739


@dataclass(frozen=True, slots=True)
class Body:
    """What stays with a person: deviations from the mean of their sex and age."""

    woman: bool
    height: float
    bmi: float
    bmi_drift: float
    pressure: float
    triglycerides: float
    hdl: float
    ldl: float
    glucose: float
    liver: float
    creatinine: float
    uric_acid: float
    haemoglobin: float
    smokes: bool
    thorough: bool

    @classmethod
    def draw(cls, sex: Sex, rng: Random) -> Self:
        woman = sex is Sex.FEMALE
        return cls(
            woman=woman,
            height=rng.gauss(157.5, 5.3) if woman else rng.gauss(170.5, 5.8),
            bmi=rng.gauss(22.0, 2.9) if woman else rng.gauss(23.6, 2.8),
            bmi_drift=rng.gauss(0.03, 0.05),
            pressure=rng.gauss(0, 8),
            triglycerides=rng.gauss(0, 0.32),
            hdl=rng.gauss(0, 9),
            ldl=rng.gauss(0, 22),
            glucose=rng.gauss(0, 5),
            liver=rng.gauss(0, 0.28),
            creatinine=rng.gauss(0, 0.07),
            uric_acid=rng.gauss(0, 0.8),
            haemoglobin=rng.gauss(0, 0.7),
            smokes=rng.random() < (0.08 if woman else 0.27),
            thorough=rng.random() < 0.4,
        )

    def measure(self, age: int, ill_since: Mapping[str, int], rng: Random) -> Values:
        """All measured items at `age`, by key, rounded as a laboratory reports them.

        `ill_since` is `base.chronic_since`: a condition raises its values, treated as it is.
        """
        ill = {condition: age >= since for condition, since in ill_since.items()}
        values = self._build(age, rng)
        bmi = values["bmi"]
        values |= self._circulation(age, bmi, ill["hypertension"], rng)
        values |= self._lipids(age, bmi, ill["dyslipidaemia"], rng)
        values |= self._sugar(age, bmi, ill["diabetes"], rng)
        values |= self._organs(age, bmi, rng)
        values |= self._blood(age, rng)
        if self.thorough:
            values |= _thorough(rng)
        return {key: _reported(key, value) for key, value in values.items()}

    def _build(self, age: int, rng: Random) -> Values:
        height = round(self.height - 0.12 * max(0, age - 60), 1)
        wanted = self.bmi + self.bmi_drift * (age - 40) + rng.gauss(0, 0.35)
        weight = round(_clip(wanted, 16.0, 40.0) * (height / 100) ** 2, 1)
        bmi = weight / (height / 100) ** 2
        usual = 82 + 2.4 * (bmi - 22) if self.woman else 85 + 2.5 * (bmi - 24)
        return {
            "height": height,
            "weight": weight,
            "bmi": bmi,
            "waist": _clip(usual + rng.gauss(0, 1.8), 55, 130),
        }

    def _circulation(self, age: int, bmi: float, ill: bool, rng: Random) -> Values:
        usual = 116 + 0.4 * (age - 45) + 1.1 * (bmi - 23) + 12 * ill
        systolic = _clip(usual + self.pressure + rng.gauss(0, 5.5), 84, 198)
        diastolic = 0.5 * systolic + 14 - 0.2 * max(0, age - 60) + rng.gauss(0, 3.5)
        return {"systolic": systolic, "diastolic": _clip(diastolic, 45, systolic - 20)}

    def _lipids(self, age: int, bmi: float, ill: bool, rng: Random) -> Values:
        level = 4.45 + 0.04 * (bmi - 23) + self.triglycerides + 0.2 * ill
        triglycerides = round(_clip(exp(level + rng.gauss(0, 0.18)), 30, 390))
        mean_hdl = 69 if self.woman else 58
        usual = mean_hdl - 1.1 * (bmi - 23) - 6 * log(triglycerides / 90)
        hdl = round(_clip(usual + self.hdl + rng.gauss(0, 2.5), 24, 120))
        after_menopause = 10 if self.woman and age > 52 else 0
        usual_ldl = 114 + after_menopause + self.ldl + 14 * ill
        ldl = round(_clip(usual_ldl + rng.gauss(0, 6), 45, 240))
        # Friedewald's formula, the way LDL cholesterol and the total are tied together.
        total = hdl + ldl + round(triglycerides / 5)
        return {
            "triglycerides": triglycerides,
            "hdl": hdl,
            "ldl": ldl,
            "total_cholesterol": total,
            "non_hdl": total - hdl,
        }

    def _sugar(self, age: int, bmi: float, ill: bool, rng: Random) -> Values:
        usual = 91 + 0.15 * (age - 40) + 0.7 * (bmi - 23) + 36 * ill
        glucose = round(_clip(usual + self.glucose + rng.gauss(0, 3), 65, 290))
        hba1c = 5.45 + 0.026 * (glucose - 95) + rng.gauss(0, 0.08)
        return {"glucose": glucose, "hba1c": _clip(hba1c, 4.6, 12.0)}

    def _organs(self, age: int, bmi: float, rng: Random) -> Values:
        alt = exp(2.95 + 0.06 * (bmi - 23) + self.liver + rng.gauss(0, 0.12))
        ggt = exp((2.9 if self.woman else 3.4) + 1.3 * self.liver + rng.gauss(0, 0.12))
        mean = 0.65 if self.woman else 0.86
        usual = mean + self.creatinine + 0.003 * max(0, age - 60) + rng.gauss(0, 0.025)
        creatinine = round(_clip(usual, 0.35, 2.5), 2)
        uric = (4.7 if self.woman else 6.0) + self.uric_acid + 0.08 * (bmi - 23)
        return {
            "alt": _clip(alt, 5, 180),
            "ast": _clip(11 + 0.5 * alt + rng.gauss(0, 1.5), 9, 150),
            "ggt": _clip(ggt, 7, 400),
            "creatinine": creatinine,
            "egfr": egfr(creatinine, age, woman=self.woman),
            "uric_acid": _clip(uric + rng.gauss(0, 0.25), 1.8, 10.5),
        }

    def _blood(self, age: int, rng: Random) -> Values:
        mean = 13.2 if self.woman else 15.0
        usual = mean + self.haemoglobin - 0.025 * max(0, age - 60)
        haemoglobin = round(_clip(usual + rng.gauss(0, 0.25), 8.5, 18.5), 1)
        return {
            "haemoglobin": haemoglobin,
            "haematocrit": 2.98 * haemoglobin + rng.gauss(0, 0.5),
            "red_cells": 1000 * haemoglobin / rng.gauss(30.6, 0.5),
        }


def egfr(creatinine: float, age: int, *, woman: bool) -> float:
    """Estimated GFR in mL/min/1.73 m2 by the Japanese equation (Matsuo et al., 2009).

    `creatinine` is in mg/dL by an enzymatic method.
    """
    value = 194 * creatinine**-1.094 * age**-0.287
    return float(value * _WOMAN_EGFR if woman else value)


def _thorough(rng: Random) -> Values:
    """What a check-up holds beyond the items that the law asks for."""
    return {
        "pulse": _clip(rng.gauss(68, 8), 44, 110),
        "alp": _clip(rng.gauss(68, 16), 30, 140),
        "ld": _clip(rng.gauss(180, 24), 115, 280),
        "bilirubin": _clip(rng.gauss(0.8, 0.22), 0.3, 2.2),
        "protein": _clip(rng.gauss(7.2, 0.3), 6.2, 8.4),
        "albumin": _clip(rng.gauss(4.4, 0.22), 3.5, 5.2),
        "white_cells": _clip(10 * round(rng.gauss(590, 120)), 2800, 11500),
        "platelets": _clip(rng.gauss(24.5, 4.5), 11, 42),
        "crp": _clip(exp(rng.gauss(-3.0, 0.7)), 0.01, 3),
    }


def _clip(value: float, least: float, most: float) -> float:
    return min(max(value, least), most)


def _reported(key: str, value: float) -> float:
    decimals = ITEMS[key].decimals
    return round(value, decimals) if decimals else round(value)
