"""Pictures kept and let go, and what the journal answers to pages and commands."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from order_bench import LINE, SteppingClock, car_order, rows

from controller.dispatch.events import EventData, EventType, put_event
from controller.exits import Reason
from controller.eyes.evidence import EvidenceStore, expire, record
from controller.journal import Journal, Ledger
from controller.journal.reading import counters, item_story, pick_list
from controller.journal.reject_views import RejectKey, recent_rejects
from controller.orders.mail_numbers import fill_pool, reserve
from controller.orders.work_orders import accept_orders, begin_attempt, end_attempt, release_rework
from controller.plan.config import LineConfig
from controller.snapshot import RejectView
from controller.words.reason_texts import REASONS, describe
from vision.verdict import PICTURE_FRESH, Check, Outcome, Standing, Verdict

PLATE = Check("plate_characters", Outcome.REJECT, "front", "粤A00001", "粤A00007")
COLOUR = Check("plate_colour", Outcome.ACCEPT, "front", "blue", "blue")


@pytest.fixture
def store(tmp_path: Path) -> EvidenceStore:
    return EvidenceStore(tmp_path / "var" / "evidence")


async def test_a_picture_is_kept_once_under_its_content(store: EvidenceStore) -> None:
    jpeg = b"\xff\xd8 a picture"
    digest = await store.keep(jpeg)
    assert digest == hashlib.sha256(jpeg).hexdigest()
    assert await store.keep(jpeg) == digest
    assert store.path_of(digest).read_bytes() == jpeg
    assert [path.name for path in store.path_of(digest).parent.iterdir()] == [f"{digest}.jpg"]


async def test_a_refused_disk_leaves_no_draft(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    with pytest.raises(OSError, match="file"):
        await EvidenceStore(blocked).keep(b"jpeg")


async def test_pictures_go_when_no_row_needs_them(journal: Journal, store: EvidenceStore) -> None:
    first, second = await store.keep(b"one"), await store.keep(b"two")

    def write(ledger: Ledger) -> None:
        good = Verdict(Outcome.ACCEPT, (COLOUR,))
        record(ledger, 1, "verify", "wide_camera", first, good, 3)
        record(ledger, 2, "verify", "wide_camera", second, good, 3)
        record(ledger, 3, "verify", "wide_camera", second, good, 30)
        record(ledger, 4, "verify", "wide_camera", "", good, 3)

    await journal.write(write)
    now = SteppingClock().now()
    assert await journal.write(lambda ledger: expire(ledger, now + timedelta(days=2))) is None
    assert await journal.write(lambda ledger: expire(ledger, now + timedelta(days=4))) == [first]
    await store.remove([first])
    await store.remove([first])
    assert not store.path_of(first).exists()
    assert store.path_of(second).exists()
    assert await journal.write(lambda ledger: expire(ledger, now + timedelta(days=31))) == [second]
    left = await journal.write(lambda ledger: ledger.connection.execute("SELECT COUNT(*) FROM evidence").fetchone())
    assert left == (0,)


async def test_all_pictures_of_a_rejected_item_stay_as_long_as_the_telling_one(
    journal: Journal, example: LineConfig
) -> None:
    def write(ledger: Ledger) -> None:
        run_items(ledger, example)
        for item in (1, 2):
            record(ledger, item, "verify", "close_up_camera", f"picture {item}", Verdict(Outcome.ACCEPT, (COLOUR,)), 3)

    await journal.write(write)
    now = SteppingClock().now()
    assert await journal.write(lambda ledger: expire(ledger, now + timedelta(days=4), 30)) == ["picture 2"]
    assert await journal.write(lambda ledger: expire(ledger, now + timedelta(days=29), 30)) is None
    assert await journal.write(lambda ledger: expire(ledger, now + timedelta(days=31), 30)) is not None
    kept = await journal.write(
        lambda ledger: ledger.connection.execute("SELECT 1 FROM evidence WHERE item = 1").fetchall()
    )
    assert kept == []


async def test_numbers_of_others_by_which_looks_are_joined_are_not_kept(journal: Journal) -> None:
    doubted = replace(PLATE, outcome=Outcome.UNSURE, standing=(Standing(1.0, (("粤A00009", 0.5),)),))
    await journal.write(lambda ledger: record(ledger, 1, "verify", "wide", "", Verdict(Outcome.UNSURE, (doubted,)), 3))
    (kept,) = await journal.write(lambda ledger: ledger.connection.execute("SELECT checks FROM evidence").fetchone())
    assert "粤A00007" in kept
    assert "粤A00009" not in kept


def run_items(ledger: Ledger, example: LineConfig) -> None:
    """Order 1 rejected, order 2 packed, order 3 called, order 4 waiting."""
    accept_orders(ledger, rows(*(car_order(n) for n in (1, 2, 3, 4))), example.recipes)
    fill_pool(ledger, ["EA123456785CN", "1100000001460"])
    for item in (1, 2, 3):
        acceptance = f"GA00000{item}"
        attempt = begin_attempt(ledger, acceptance)
        ledger.connection.execute(
            "INSERT INTO items (item, acceptance, attempt, product, carrier, zone, stage, called_at)"
            " VALUES (?, ?, ?, 'small_car_plates', ?, 'infeed', 'called', ?)",
            (item, acceptance, attempt, 10 + item, ledger.at),
        )
        ledger.enter("called", item=item, acceptance=acceptance, carrier=10 + item)
    reserve(ledger, 2, "GA000002")
    record(ledger, 1, "verify", "close_up_camera", "c" * 64, Verdict(Outcome.ACCEPT, (COLOUR,)), 30)
    record(ledger, 1, "verify", "wide_camera", "a" * 64, Verdict(Outcome.REJECT, (PLATE, COLOUR)), 30)
    record(ledger, 1, "verify", "close_up_camera", "b" * 64, Verdict(Outcome.ACCEPT, (COLOUR,)), 30)
    end_attempt(ledger, "GA000001", packed=False)
    end_attempt(ledger, "GA000002", packed=True)
    end = "UPDATE items SET stage='ended', outcome=?, reason=?, detail=?, chute=?, ended_at=? WHERE item=?"
    facts = json.dumps({"expected": "PM0000000001", "found": "PM0000000009", "codes": ["expected", "found"]})
    ledger.connection.execute(end, ("rejected", "wrong_part", facts, "reject", ledger.at, 1))
    ledger.connection.execute(end, ("packed", "", "", "dispatch", ledger.at, 2))
    put_event(ledger, LINE, EventType.SEALED, 2, EventData(mail_number="EA123456785CN", acceptance="GA000002"))


@pytest.fixture
async def worked(journal: Journal, example: LineConfig) -> Journal:
    await journal.write(lambda ledger: run_items(ledger, example))
    return journal


@pytest.mark.parametrize(
    ("key", "acceptance"), [("EA123456785CN", "GA000002"), ("GA000001", "GA000001"), ("3", "GA000003")]
)
async def test_a_story_is_found_by_each_number(worked: Journal, key: str, acceptance: str) -> None:
    story = await worked.write(lambda ledger: item_story(ledger.connection, key))
    assert story is not None
    assert story.acceptance == acceptance
    assert [row.acceptance for row in story.items] == [acceptance]
    kinds = [entry.kind for entry in story.entries]
    assert kinds[0] == "order_accepted"
    assert "called" in kinds
    assert [entry.seq for entry in story.entries] == sorted(entry.seq for entry in story.entries)


@pytest.mark.parametrize("key", ["", "EA999999999CN", "99", "9" * 30, "' OR 1=1 --", "1100000001460"])
async def test_no_story(worked: Journal, key: str) -> None:
    assert await worked.write(lambda ledger: item_story(ledger.connection, key)) is None


async def test_plate_numbers_in_a_story_are_masked(worked: Journal) -> None:
    story = await worked.write(lambda ledger: item_story(ledger.connection, "GA000001"))
    assert story is not None
    assert "粤A00001" not in repr(story)
    assert story.evidence[1].picture == f"{'a' * 64}.jpg"
    checks = {check["name"]: (check["expected"], check["found"]) for check in story.evidence[1].checks}
    assert checks == {"plate_characters": ("******1", "******7"), "plate_colour": ("blue", "blue")}


async def test_rejects_tell_why_and_show_the_telling_picture_first(worked: Journal) -> None:
    (reject,) = await worked.write(lambda ledger: recent_rejects(ledger.connection))
    assert (reject.item, reject.reason) == (1, "wrong_part")
    assert reject.text.endswith("(expected PM********01, found PM********09)")
    assert "实际 PM********09" in reject.text_zh
    assert [picture[0] for picture in reject.pictures] == ["a", "b", "c"]
    assert reject.waits
    await worked.write(lambda ledger: release_rework(ledger, reject.acceptance, "wang"))
    (released,) = await worked.write(lambda ledger: recent_rejects(ledger.connection))
    assert not released.waits, "nobody is offered to rework it again"


async def test_a_picture_that_a_camera_gave_at_each_look_is_shown_and_explained_once(worked: Journal) -> None:
    dark = Verdict(Outcome.UNSURE, (Check("picture_readable", Outcome.UNSURE, "", "mean brightness from 20", "0"),))

    def write(ledger: Ledger) -> None:
        for _ in range(3):
            record(ledger, 1, "verify", "wide_camera", "d" * 64, dark, 30)

    await worked.write(write)
    (reject,) = await worked.write(lambda ledger: recent_rejects(ledger.connection))
    assert [picture[0] for picture in reject.pictures] == ["d", "a", "b", "c"]
    assert reject.cameras == ("wide_camera", "wide_camera", "close_up_camera", "close_up_camera")
    assert [(check.name, check.picture[0]) for check in reject.checks] == [
        ("picture_readable", "d"),
        ("plate_characters", "a"),
    ]


async def test_that_a_picture_is_an_old_one_is_told_first_and_others_keep_the_numbers_drawn_on_it(
    worked: Journal,
) -> None:
    old = Check(PICTURE_FRESH, Outcome.REJECT, "", "exposed after its trigger", "the picture of the item before")
    stuck = Verdict(Outcome.REJECT, (COLOUR, PLATE, old))
    await worked.write(lambda ledger: record(ledger, 1, "verify", "wide_camera", "d" * 64, stuck, 30))
    (reject,) = await worked.write(lambda ledger: recent_rejects(ledger.connection))
    assert [(check.name, check.number) for check in reject.checks[:2]] == [(PICTURE_FRESH, 0), ("plate_characters", 1)]
    assert reject.checks[0].found_zh == "上一件的画面"


async def test_a_reject_that_is_known_is_read_again_once_its_pictures_or_its_order_have_changed(
    worked: Journal,
) -> None:
    known: dict[RejectKey, RejectView] = {}

    async def ask() -> RejectView:
        (reject,) = await worked.write(lambda ledger: recent_rejects(ledger.connection, 20, known))
        return reject

    reject = await ask()
    assert await ask() is reject
    await worked.write(lambda ledger: ledger.connection.execute("DELETE FROM evidence WHERE picture LIKE 'c%'"))
    assert [picture[0] for picture in (await ask()).pictures] == ["a", "b"]
    await worked.write(lambda ledger: release_rework(ledger, reject.acceptance, "wang"))
    assert not (await ask()).waits


async def test_counters(worked: Journal) -> None:
    counted = await worked.write(lambda ledger: counters(ledger.connection))
    assert (counted.orders, counted.waiting, counted.under_way, counted.packed) == (4, 1, 1, 1)
    assert (counted.rejected, counted.rejected_by_reason, counted.reworked) == (1, {"wrong_part": 1}, 0)
    assert (counted.mail_numbers_free, counted.mail_numbers_voided) == (1, 0)
    assert (counted.events_published, counted.events_pending, counted.events_acknowledged) == (1, 1, 0)
    assert counted.per_hour == 1
    later = SteppingClock().now() + timedelta(hours=2)
    assert (await worked.write(lambda ledger: counters(ledger.connection, later))).per_hour == 0


async def test_counters_of_an_empty_journal(tmp_path: Path) -> None:
    async with Journal(tmp_path / "empty.db", SteppingClock()) as empty:
        assert (await empty.write(lambda ledger: counters(ledger.connection))).orders == 0


async def test_the_pick_list_names_what_hands_fetch(worked: Journal) -> None:
    (pick,) = await worked.write(lambda ledger: pick_list(ledger.connection))
    assert (pick.item, pick.carrier, pick.acceptance, pick.attempt) == (3, 13, "GA000003", 1)
    assert [(part.role, part.code, part.number) for part in pick.parts] == [
        ("front", "PM0000000006", "粤A00003"),
        ("rear", "PM0000000007", "粤A00003"),
    ]


def test_every_reason_has_a_text() -> None:
    assert set(REASONS) == set(Reason)
    assert describe("something_new", {}).en == "something_new"
    assert describe("suspect", {}).zh == "存疑，需重新核验"
    assert describe("suspect", {"cause": "slip"}).en.endswith("(carriers slipped)")
