"""The text score, on frames written by hand."""

from __future__ import annotations

import numpy as np
import pytest

from vision.alignment import BLANK, SYMBOLS, best_text, log_likelihoods, places_of, substitutions
from vision.likelihood import UNEXPLAINED, margins, normalised, rearranged


def _frames(*steps: dict[str, float]) -> np.ndarray:
    frames = np.zeros((len(steps), len(SYMBOLS) + 1))
    for row, step in zip(frames, steps, strict=True):
        for sign, share in step.items():
            row[SYMBOLS.index(sign) if sign else BLANK] = share
    return frames


CLEAR = _frames({"粤": 1}, {"B": 0.9, "8": 0.1}, {"": 1}, {"1": 1}, {"1": 0.2, "": 0.8}, {"1": 1})


def test_margin_is_the_log_of_the_likelihood_ratio() -> None:
    frames = _frames({"粤": 1}, {"B": 0.9, "D": 0.1})
    found = margins([frames], "粤B")
    assert (found.margin, found.rival) == (pytest.approx(np.log(9), abs=1e-3), "粤D")


def test_repeated_character_needs_a_blank_between() -> None:
    assert best_text(CLEAR) == "粤B11"
    found = margins([CLEAR], "粤B11")
    assert found.margin > 1
    assert found.rival == "粤B1"


def test_what_reads_better_has_a_negative_margin() -> None:
    found = margins([CLEAR], "粤811")
    assert found.margin < -2
    assert found.rival == "粤B11"


def test_nothing_seen_proves_nothing() -> None:
    nothing = _frames(*({"": 1.0} for _ in range(20)))
    assert margins([nothing], "粤B12345").margin < 0


@pytest.mark.parametrize("text", ["粤B1?", ""])
def test_text_that_no_plate_can_bear(text: str) -> None:
    assert margins([CLEAR], text).margin == UNEXPLAINED


def test_the_province_has_a_margin_of_its_own() -> None:
    frames = _frames({"粤": 0.8, "湘": 0.2}, {"B": 0.99, "D": 0.01})
    found = margins([frames], "粤B")
    assert (found.province_margin, found.province) == (pytest.approx(np.log(4), abs=1e-3), "粤")
    assert margins([frames], "湘B").province == "粤"
    assert margins([CLEAR], "B11").province_margin is None


def test_swaps_and_lacking_characters_are_rivals() -> None:
    assert set(rearranged("粤B1")) == {"B粤1", "粤1B", "B1", "粤1", "粤B"}
    covered = _frames({"粤": 1}, {"": 1}, {"1": 1})
    assert margins([covered], "粤B1").rival == "粤1"


def test_a_letter_stands_after_the_province() -> None:
    frames = _frames({"粤": 1}, {"B": 0.6, "8": 0.39, "D": 0.01})
    found = margins([frames], "粤B")
    assert found.rival == "粤D"


def test_normalising() -> None:
    assert normalised("粵B·O1 I45") == "粤B01145"


def test_many_frames_do_not_underflow() -> None:
    frames = _frames(*({"A": 0.01} for _ in range(400)))
    assert np.isfinite(log_likelihoods(frames, ["A", "B", "AB"])).all()
    assert np.isfinite(substitutions(frames, "A")).all()


def test_texts_of_all_lengths_in_one_pass_score_as_each_alone() -> None:
    texts = ["粤B1", "粤B", "粤B1111", "粤811"]
    alone = [float(log_likelihoods(CLEAR, [text])[0]) for text in texts]
    assert log_likelihoods(CLEAR, texts).tolist() == pytest.approx(alone)


@pytest.mark.parametrize("text", ["粤B11", "粤1A1", "111", "B"])
def test_each_substitution_scores_as_the_whole_text_would(text: str) -> None:
    frames = np.random.default_rng(7).dirichlet(np.full(len(SYMBOLS) + 1, 0.05), 12)
    texts = [text[:place] + symbol + text[place + 1 :] for place in range(len(text)) for symbol in SYMBOLS]
    assert substitutions(frames, text).ravel().tolist() == pytest.approx(log_likelihoods(frames, texts).tolist())


def test_several_looks_are_judged_by_their_mean() -> None:
    unsure = _frames({"粤": 1}, {"B": 0.5, "D": 0.5})
    sure = _frames({"粤": 1}, {"B": 0.9, "D": 0.1})
    single = margins([sure], "粤B").margin
    assert margins([sure, unsure], "粤B").margin == pytest.approx(single / 2, abs=1e-3)


def test_places_follow_the_alignment() -> None:
    assert places_of(CLEAR, "粤B11").tolist() == pytest.approx([0, 1, 3, 5], abs=0.3)


def test_several_readings_in_one_pass_score_as_each_alone() -> None:
    other = _frames({"粤": 0.6, "闽": 0.4}, {"B": 1}, {"1": 1}, {"": 1}, {"1": 0.5, "7": 0.5}, {"": 1})
    texts = ["粤B11", "粤B1", "闽B17"]
    together = log_likelihoods(np.stack((CLEAR, other)), texts)
    assert together.tolist() == [pytest.approx(log_likelihoods(each, texts).tolist()) for each in (CLEAR, other)]


@pytest.mark.parametrize("text", ["B", "粤B11255"])
def test_a_changed_character_counts_as_the_changed_text_does(text: str) -> None:
    readings = np.random.default_rng(5).dirichlet(np.full(len(SYMBOLS) + 1, 0.1), (2, 40))
    changed = substitutions(readings, text)
    for place in range(len(text)):
        texts = [text[:place] + symbol + text[place + 1 :] for symbol in SYMBOLS]
        assert changed[:, place] == pytest.approx(log_likelihoods(readings, texts))
    assert substitutions(readings[1], text) == pytest.approx(changed[1])
