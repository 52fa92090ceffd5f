"""A print head that wears is told before its codes fail."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from controller.alarms import Alarms
from controller.clock import SystemClock
from controller.eyes.evidence import record
from controller.eyes.print_trend import SHIFT, PrintTrend
from controller.journal import Journal, Ledger
from controller.masking import masked_apart
from vision.verdict import Check, Outcome, Verdict


class _Clock:
    def now(self) -> datetime:
        return datetime(2027, 1, 4, tzinfo=UTC)


def graded(value: float) -> Verdict:
    check = Check("print_quality", Outcome.ACCEPT, score=value, threshold=1.5)
    return Verdict(Outcome.ACCEPT, (check,))


def trend_after(grades: list[float]) -> tuple[PrintTrend, Alarms]:
    alarms = Alarms(_Clock())
    trend = PrintTrend(alarms)
    for grade in grades:
        trend.note("waybill_camera", graded(grade))
    return trend, alarms


def test_a_steady_grade_raises_nothing() -> None:
    _, alarms = trend_after([3.2, 3.4, 3.0, 3.3] * SHIFT)
    assert alarms.views() == ()


def test_a_falling_grade_raises_the_alarm_and_a_new_head_clears_it() -> None:
    trend, alarms = trend_after([3.3] * SHIFT + [2.3] * SHIFT)
    (view,) = alarms.views()
    assert (view.kind, view.priority, view.source) == ("print_head_worn", 2, "waybill_camera")
    assert "3.3" in view.text
    assert "2.3" in view.text
    for _ in range(SHIFT):
        trend.note("waybill_camera", graded(3.4))
    assert alarms.views()[0].cleared


def test_a_head_that_grows_faint_is_told_while_the_grade_still_holds() -> None:
    """Seen: contrast fell from 87 to 73 % and the grade stayed at 3.7, since focus decided it."""
    alarms = Alarms(_Clock())
    trend = PrintTrend(alarms)
    for contrast in [87.0] * SHIFT + [76.0] * SHIFT:
        faint = Check("print_contrast", Outcome.ACCEPT, score=contrast)
        trend.note("waybill_camera", Verdict(Outcome.ACCEPT, (*graded(3.7).checks, faint)))
    (view,) = alarms.views()
    assert "87 %" in view.text
    assert "76 %" in view.text


def test_a_fall_that_stands_at_its_bound_is_told_once() -> None:
    trend, alarms = trend_after([3.3] * SHIFT + [2.4] * SHIFT)
    (view,) = alarms.views()
    for grade in ([2.6] * SHIFT + [2.4] * SHIFT) * 3:
        trend.note("waybill_camera", graded(grade))
    assert [(each.alarm, each.cleared) for each in alarms.views()] == [(view.alarm, False)]


async def test_a_head_that_wears_from_one_start_of_the_line_to_the_next_is_told(tmp_path: Path) -> None:
    """Seen: a line that was started anew each shift took the worn head's labels for the first ones."""

    def label(ledger: Ledger, item: int) -> None:
        faint = Check("print_contrast", Outcome.ACCEPT, score=87.0 - item / 4)
        verdict = Verdict(Outcome.ACCEPT, (*graded(3.7).checks, faint))
        record(ledger, item, "label", "waybill_camera", "", verdict, 3)

    async with Journal(tmp_path / "line.db", SystemClock()) as journal:
        await journal.write(lambda ledger: [label(ledger, item) for item in range(70)])
        alarms = Alarms(_Clock())
        trend = PrintTrend(alarms)
        await journal.write(lambda ledger: trend.begin(ledger.connection, ["waybill_camera"]))
        assert alarms.views() == ()
        trend.note("waybill_camera", Verdict(Outcome.ACCEPT, (Check("print_contrast", Outcome.ACCEPT, score=69.0),)))
    (view,) = alarms.views()
    assert "85 %" in view.text
    assert "72 %" in view.text


def test_one_bad_label_is_no_trend() -> None:
    _, alarms = trend_after([3.3] * (2 * SHIFT) + [0.5, 0.7])
    assert alarms.views() == ()


def test_a_picture_without_a_grade_counts_for_nothing() -> None:
    trend, alarms = trend_after([3.3] * SHIFT)
    for _ in range(2 * SHIFT):
        trend.note("waybill_camera", Verdict(Outcome.ACCEPT, (Check("seam", Outcome.ACCEPT, score=0.1),)))
    assert alarms.views() == ()


def test_of_two_numbers_only_what_differs_is_readable() -> None:
    assert masked_apart("粤B12345", "粤B12346") == ("******5", "******6")
    assert masked_apart("粤B12345", "粤B12345") == ("*******", "*******")
    assert masked_apart("粤B12345", "京A99999") == ("粤B***45", "京A***99")
    assert masked_apart("粤B12345", "粤B1234") == ("******5", "******")
