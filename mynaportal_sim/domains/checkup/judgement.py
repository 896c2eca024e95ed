"""Answers that a check-up gives in codes and words rather than numbers."""

from collections.abc import Iterable, Mapping
from random import Random

from card_reader.spec.person import Sex
from mynaportal_sim.domains.checkup.body import Values
from mynaportal_sim.domains.checkup.items import ITEMS, Mark

# Item key -> answer code -> wording, as 特定健診 forms have them.
_STRIP = {"1": "(-)", "2": "(±)", "3": "(+)", "4": "(++)", "5": "(+++)"}
_YES_NO = {"1": "はい", "2": "いいえ"}
ANSWERS: Mapping[str, Mapping[str, str]] = {
    "urine_glucose": _STRIP,
    "urine_protein": _STRIP,
    "urine_blood": _STRIP,
    "takes_antihypertensives": _YES_NO,
    "takes_antidiabetics": _YES_NO,
    "takes_lipid_drugs": _YES_NO,
    "smoking": {
        "1": "はい",
        "2": "以前は吸っていたが、最近1か月間は吸っていない",
        "3": "いいえ",
    },
    "metabolic_syndrome": {"1": "基準該当", "2": "予備群該当", "3": "非該当"},
}

# The first code at which a strip is marked: 尿蛋白 from (±) for guidance and (+) for referral.
_STRIP_MARKS = {"urine_glucose": ("3", "3"), "urine_protein": ("2", "3")}

_CONCLUSIONS = {
    Mark.NORMAL: "今回の健診では、異常は認められませんでした。",
    Mark.GUIDE: "基準値を超える項目があります。生活習慣の見直しをおすすめします。",
    Mark.REFER: "受診勧奨判定値を超える項目があります。医療機関を受診してください。",
}


def strips(values: Values, rng: Random) -> dict[str, str]:
    """Urine strips; sugar shows when blood glucose has passed the kidney's threshold."""
    over_threshold = values["glucose"] > 175
    failing = values["egfr"] < 50
    return {
        "urine_glucose": rng.choice("345") if over_threshold else "1",
        "urine_protein": rng.choices("123", (50, 30, 20) if failing else (93, 5, 2))[0],
        "urine_blood": rng.choices("123", (92, 5, 3))[0],
    }


def questionnaire(ill: Mapping[str, bool], *, smokes: bool) -> dict[str, str]:
    """What the person answers about medicines and smoking."""
    return {
        "takes_antihypertensives": "1" if ill["hypertension"] else "2",
        "takes_antidiabetics": "1" if ill["diabetes"] else "2",
        "takes_lipid_drugs": "1" if ill["dyslipidaemia"] else "2",
        "smoking": "1" if smokes else "3",
    }


def metabolic_syndrome(values: Values, answers: Mapping[str, str], sex: Sex) -> str:
    """メタボリックシンドローム判定: the waist, and two of lipids, pressure and sugar.

    Source: the criteria of eight Japanese medical societies (2005);
    medicines count as findings.
    """
    if ITEMS["waist"].limits[sex].mark(values["waist"]) is Mark.NORMAL:
        return "3"
    risks = (
        values["triglycerides"] >= 150
        or values["hdl"] < 40
        or answers["takes_lipid_drugs"] == "1",
        values["systolic"] >= 130
        or values["diastolic"] >= 85
        or answers["takes_antihypertensives"] == "1",
        values["glucose"] >= 110 or answers["takes_antidiabetics"] == "1",
    )
    return ("3", "2", "1", "1")[sum(risks)]


def strip_mark(key: str, code: str) -> Mark:
    """How a strip's answer stands; answers that are not strips are never marked."""
    guide, refer = _STRIP_MARKS.get(key, ("9", "9"))
    if code >= refer:
        return Mark.REFER
    return Mark.GUIDE if code >= guide else Mark.NORMAL


def conclusion(marks: Iterable[Mark]) -> str:
    """The physician's sentence for a person with these marks."""
    found = set(marks)
    worst = next((mark for mark in (Mark.REFER, Mark.GUIDE) if mark in found), Mark.NORMAL)
    return _CONCLUSIONS[worst]
