"""The order of the steps of an identification, and which comes next. Pure."""

from lre_kit.parties.proofing_values import CaseView, Part

PARTS = {
    "front": (Part.DOCUMENT_FRONT,),
    "back": (Part.DOCUMENT_BACK,),
    "face": (Part.FACE_VIDEO, Part.FACE_PHOTO),
}
"""The parts that each step of capture may hand in."""

_STEP_OF = {
    "title": "who",
    Part.DOCUMENT_FRONT.value: "front",
    Part.DOCUMENT_BACK.value: "back",
    "face": "face",
    "mrz": "zone",
}
_ORDER = ("consent", "who", "front", "back", "face", "zone", "check")


def steps_of(case: CaseView | None) -> tuple[str, ...]:
    """Return the steps that this case takes: a passport has no back."""
    title = case.title_kind if case is not None else None
    return tuple(step for step in _ORDER if step != "back" or title is None or title.has_back)


def place_of(step: str, case: CaseView | None) -> tuple[int, int]:
    """Return the number of a step, from one, and how many there are."""
    steps = steps_of(case)
    return steps.index(step) + 1, len(steps)


def next_step(case: CaseView) -> str:
    """Return the first step that still lacks something, or the check at the end."""
    lacking = {_STEP_OF[slug] for slug in case.missing}
    return next((step for step in steps_of(case) if step in lacking), "check")


def step_after(step: str, case: CaseView) -> str:
    """Return where to go on to after a step: to what lacks, else to the check."""
    later = steps_of(case)[place_of(step, case)[0] :]
    lacking = {_STEP_OF[slug] for slug in case.missing}
    return next((each for each in later if each in lacking), next_step(case))


def hints_of(case: CaseView, step: str) -> tuple[str, ...] | None:
    """Return what makes the picture of a step hard to read; nothing if there is no picture yet."""
    found = [part for part in case.parts if part.part in PARTS[step]]
    return found[-1].hints if found else None
