"""The shift report on paper."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from controller.journal.shift_report import ShiftReport
from controller.plan.config import LineConfig
from controller.web.papers.paper import Paper
from controller.web.texts import CATALOGUES, Language

BEST_GRADE = 4.0


def print_report(report: ShiftReport, config: LineConfig, language: Language) -> bytes:
    """The pages. Blocking: call it in a thread. :raises FontMissing: there is no Chinese font on this machine."""
    words = CATALOGUES[language]
    title = words["report.title"]
    shift = f"{moment(report.start)} – {moment(report.end)}"
    paper = Paper(f"{title} {config.line.name} {config.line.id}", f"{config.line.id} · {title} · {shift}")
    paper.words(shift if report.over else f"{shift} ({words['report.running']})")
    _oee(paper, report, words)
    for key, values in (("states", state_lines(report, words)), ("stops", stop_lines(report, words))):
        paper.head(words[f"report.{key}"])
        if values:
            paper.lying_bars(values)
        else:
            paper.words("–")
    paper.head(words["report.hours"])
    paper.bars([(f"{datetime.fromisoformat(each.at):%H}", each.packed) for each in report.hours])
    for key, prefix, counts in (("rejects", "reason.", report.rejects), ("alarms", "alarm_kind.", report.alarms)):
        paper.head(words[f"report.{key}"])
        if counts:
            paper.lying_bars([(words.get(prefix + name, name), n, str(n)) for name, n in counts.items()][:12])
        else:
            paper.words("–")
    paper.head(words["report.challenges"])
    told = " · ".join(_challenge(name, count, words) for name, count in report.challenges.items())
    paper.words(told or words["report.no_challenges"])
    escape = report.escape
    paper.words((escape.text_zh if language is Language.ZH else escape.text) or words["report.no_statement"])
    paper.words(words["report.escape_basis"].format(**escape.model_dump()), small=True)
    _trends(paper, report, config, words)
    return paper.file()


def state_lines(report: ShiftReport, words: Mapping[str, str]) -> list[tuple[str, float, str]]:
    """Time in each state, longest first."""
    whole = sum(report.states.values()) or 1
    return [
        (words.get(f"state.{state.title()}", words.get(f"report.{state}", state)), seconds,
         f"{duration(seconds)} · {seconds / whole:.1%}")
        for state, seconds in report.states.items()
    ]  # fmt: skip


def stop_lines(report: ShiftReport, words: Mapping[str, str]) -> list[tuple[str, float, str]]:
    """Stops by reason, longest first."""
    return [
        (_stop_name(stop.reason, stop.by, words), stop.seconds, f"{duration(stop.seconds)} · {stop.count}×")
        for stop in report.stops
    ]


def _stop_name(reason: str, by: str, words: Mapping[str, str]) -> str:
    if by in ("line", ""):
        return words.get(f"alarm_kind.{reason}", words.get(f"report.{reason}", reason))
    return f"{words.get(f'command.{reason}', reason)} · {by}"


def _oee(paper: Paper, report: ShiftReport, words: Mapping[str, str]) -> None:
    paper.head(words["report.oee"])
    factors = report.oee
    rows = [
        (words[f"report.{name}_name"], percent(getattr(factors, name)), words[f"report.{name}_is"])
        for name in ("availability", "effectiveness", "quality", "oee")
    ]
    paper.grid((words["dossier.what"], "%", ""), rows, (1.2, 0.8, 4))
    paper.words(
        words["report.counts"].format(
            pbt=duration(factors.pbt_s), apt=duration(factors.apt_s), pq=factors.pq, gq=factors.gq
        ),
        small=True,
    )


def _challenge(name: str, count: int, words: Mapping[str, str]) -> str:
    kind, _, result = name.partition(" ")
    ended = words.get(f"challenge_result.{result}", f"{result} {{count}}").format(count=count)
    return f"{words.get(f'challenge.{kind}', kind)} {ended}"


def _trends(paper: Paper, report: ShiftReport, config: LineConfig, words: Mapping[str, str]) -> None:
    paper.head(words["report.trends"])
    within = min(recipe.seal.temperature_tolerance_c for recipe in config.recipes.values())
    trends = (
        ("seal_deviation", report.seal_deviation, -within, within),
        ("print_grade", report.print_grade, config.vision.least_print_grade, BEST_GRADE),
        ("print_contrast", report.print_contrast, 0, 100),
    )
    for name, trend, least, most in trends:
        told = words[f"report.{name}"].format(count=trend.count, low=_known(trend.low), high=_known(trend.high))
        begun = f" · {words['report.begun_anew']}" if trend.breaks else ""
        paper.curve(trend, least, most, told + begun)


def percent(share: float | None) -> str:
    """A share for people; what is not known is a dash, never 100 %."""
    return "–" if share is None else f"{share:.1%}"


def duration(seconds: float) -> str:
    """Hours, minutes and seconds."""
    whole = round(seconds)
    return f"{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}"


def moment(stamp: str) -> str:
    """A stamp in this machine's own zone, to the minute."""
    return f"{datetime.fromisoformat(stamp).astimezone():%Y-%m-%d %H:%M}"


def _known(value: float | None) -> str:
    return "–" if value is None else f"{value:g}"
