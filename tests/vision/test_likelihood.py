"""The text score, on frames written by hand."""

from __future__ import annotations

import numpy as np
import pytest

from vision.likelihood import (
    BLANK,
    SYMBOLS,
    UNEXPLAINED,
    best_text,
    confusable_texts,
    joint_margin,
    margin,
    normalised,
    other_provinces,
    places_of,
    shortened_texts,
)


def _frames(*steps: dict[str, float]) -> np.ndarray:
    frames = np.zeros((len(steps), len(SYMBOLS) + 1))
    for row, step in zip(frames, steps, strict=True):
        for sign, share in step.items():
            row[SYMBOLS.index(sign) if sign else BLANK] = share
    return frames


CLEAR = _frames({"粤": 1}, {"B": 0.9, "8": 0.1}, {"": 1}, {"1": 1}, {"1": 0.2, "": 0.8}, {"1": 1})


def test_margin_is_the_log_of_the_likelihood_ratio() -> None:
    frames = _frames({"粤": 1}, {"B": 0.9, "8": 0.1})
    assert margin(frames, "粤B", ["粤8"])[0] == pytest.approx(np.log(9), abs=1e-3)


def test_repeated_character_needs_a_blank_between() -> None:
    assert best_text(CLEAR) == "粤B11"
    score, rival = margin(CLEAR, "粤B11", ["粤B1", "粤811"])
    assert score > 1
    assert rival in ("粤811", "粤B1")


def test_what_reads_better_has_a_negative_margin() -> None:
    score, rival = margin(CLEAR, "粤811", confusable_texts("粤811"))
    assert score < -2
    assert rival == "粤B11"


def test_nothing_seen_proves_nothing() -> None:
    nothing = _frames(*({"": 1.0} for _ in range(20)))
    assert abs(margin(nothing, "粤B12345", confusable_texts("粤B12345"))[0]) < 1


def test_text_that_no_plate_can_bear() -> None:
    assert margin(CLEAR, "粤B1?", ["粤B11"])[0] == UNEXPLAINED
    assert margin(CLEAR, "", ["粤B11"])[0] == UNEXPLAINED


def test_alternatives_cover_every_character_of_its_class_and_each_swap() -> None:
    rivals = set(confusable_texts("粤B12345"))
    assert {"湘B12345", "粤C12345", "粤BA2345", "粤B1234Z", "粤B21345", "B粤12345"} <= rivals
    assert "粤812345" not in rivals
    assert len(rivals) == 30 + 23 + 5 * 33 + 6
    assert len(other_provinces("粤B12345")) == 30
    assert other_provinces("123456") == ()


def test_normalising() -> None:
    assert normalised("粵B·O1 I45") == "粤B01145"


def test_many_frames_do_not_underflow() -> None:
    frames = _frames(*({"A": 0.01} for _ in range(400)))
    score, _ = margin(frames, "A", ["B"])
    assert np.isfinite(score)
    assert score > 0


def test_texts_of_all_lengths_in_one_pass_score_as_each_alone() -> None:
    rivals = ["粤B1", "粤B", "粤B1111", "粤811"]
    alone = [margin(CLEAR, "粤B11", [rival])[0] for rival in rivals]
    assert margin(CLEAR, "粤B11", rivals)[0] == pytest.approx(min(alone))


def test_several_looks_are_judged_by_their_mean() -> None:
    unsure = _frames({"粤": 1}, {"B": 0.5, "8": 0.5})
    sure = _frames({"粤": 1}, {"B": 0.9, "8": 0.1})
    single = margin(sure, "粤B", ["粤8"])[0]
    assert joint_margin([sure, unsure], "粤B", ["粤8"])[0] == pytest.approx(single / 2, abs=1e-3)


def test_a_covered_character_leaves_a_shorter_text() -> None:
    assert set(shortened_texts("粤B1")) == {"B1", "粤1", "粤B"}
    covered = _frames({"粤": 1}, {"": 1}, {"1": 1})
    assert margin(covered, "粤B1", shortened_texts("粤B1"))[1] == "粤1"


def test_places_follow_the_alignment() -> None:
    assert places_of(CLEAR, "粤B11").tolist() == pytest.approx([0, 1, 3, 5], abs=0.3)
