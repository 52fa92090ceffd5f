"""One decision over all looks at the same item: what each leaves unsure may be sure in all of them together.

A rival that explains one look by chance must explain the others as well, so that of each rival the mean lead over the
looks counts. It is the mean and not the sum: pictures of one camera under one lamp err alike, and three of them are not
three times the proof. Joined are only checks that rest on likelihood, and only those of looks in which nothing else of
the same part was in doubt: what one look shows covered is not outvoted. A look that rejects is the last one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from statistics import fmean

from vision.verdict import Check, ContentsTask, Outcome, Standing, Task, Verdict

MOST_LOOKS = 3
"""So many were measured, and the line takes no more; what many might prove by their number alone is not proven."""

Looks = tuple[tuple[Check, ...], ...]
"""Of each earlier look that may be joined with, its checks that rest on likelihood."""


def after(task: Task, verdict: Verdict) -> Task:
    """The task for the next look at the same item, told what this look left unsure."""
    if not isinstance(task, ContentsTask):
        return task
    plates = (replace(each, earlier=(*each.earlier, *clear(verdict.checks, each.role))) for each in task.plates)
    return replace(task, plates=tuple(plates))


def clear(checks: Sequence[Check], subject: str = "") -> Looks:
    """This look, for a later one to be joined with; none where something else of the part or the picture is in doubt.

    :param subject: the part's role, as its checks bear it.
    """
    likely = tuple(check for check in checks if check.standing and check.subject == subject)
    others = (check for check in checks if not check.standing and check.subject in ("", subject))
    return (likely,) if likely and all(check.outcome is Outcome.ACCEPT for check in others) else ()


def joined(check: Check, earlier: Looks) -> Check:
    """The check as all looks decide it: one that is unsure becomes accepted where every rival lags far enough behind.

    The same picture twice is one look. A check that an earlier look rejected stays as it is.
    """
    if check.outcome is not Outcome.UNSURE or not check.standing:
        return check
    before = [each for look in earlier for each in look if each.name == check.name]
    looks = list(dict.fromkeys([check.standing, *(each.standing for each in before)]))
    if len(looks) == 1 or any(each.outcome is Outcome.REJECT for each in before):
        return check
    least = [(_least_mean(alike), alike[0].needed) for alike in zip(*looks, strict=True)]
    score, needed = min(least, key=lambda each: each[0] - each[1])
    if score < needed:
        return check
    return replace(check, outcome=Outcome.ACCEPT, found=check.expected, score=score, threshold=needed, looks=len(looks))


def settled(checks: Iterable[Check]) -> tuple[Check, ...]:
    """The checks without what only a further look needs: it is long, and names numbers of others."""
    return tuple(replace(check, standing=()) if check.standing else check for check in checks)


def _least_mean(alike: Sequence[Standing]) -> float:
    """The mean lead over the rival that is nearest in all looks; a look that does not name it says nothing of it."""
    leads: dict[str, list[float]] = {}
    for standing in alike:
        for rival, lead in standing.leads:
            leads.setdefault(rival, []).append(lead)
    return min(fmean(each) for each in leads.values())
