"""The outbox over a real mosquitto: every event is applied exactly once, whatever happens to the broker."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import aiomqtt
import pytest
from mosquitto_bench import Mosquitto, mosquitto
from order_bench import LINE, SteppingClock, open_journal, until

from controller.dispatch.broker import Address
from controller.dispatch.events import CloudEvent, EventData, EventType, PartMention, put_event
from controller.dispatch.listener import Listener
from controller.dispatch.outbox import NotParked, OutboxState, outbox_counts, send_parked_again
from controller.dispatch.publisher import DispatchLink
from controller.dispatch.receiving import DispatchLedger, RefuseRule
from controller.journal import Journal, Ledger
from controller.plan.sections import DispatchSection


def sealed(ledger: Ledger, number: int, mail_number: str | None = None) -> int:
    data = EventData(
        mail_number=mail_number or f"MAIL{number:05d}",
        acceptance=f"GA{number:06d}",
        product="small_car_plates",
        attempt=1,
        chute="dispatch",
        bag=1,
        parts=(PartMention.of("front", f"PM{number:010d}"),),
        seal={"temperature_min_dc": 1380, "dwell_ms": 601},
        weight_g=405.2,
    )
    return put_event(ledger, LINE, EventType.SEALED, None, data)


class Bench:
    """A line's link and its journal on one side, the listener and its ledger on the other."""

    def __init__(self, folder: Path, broker: Mosquitto, journal: Journal) -> None:
        self.folder = folder
        self.broker = broker
        self.journal = journal
        self.parked: list[tuple[int, str]] = []
        self.link = self._link(0.5)
        self.number = 0

    def wait_for_receipts(self, deadline_s: float) -> None:
        """Send an event again after so long; what a busy machine may not do by itself needs long."""
        self.link = self._link(deadline_s)

    def _link(self, deadline_s: float) -> DispatchLink:
        config = DispatchSection(host="127.0.0.1", port=self.broker.port, receipt_deadline_s=deadline_s)
        return DispatchLink(config, LINE, self.journal, lambda seq, why: self.parked.append((seq, why)))

    @contextlib.asynccontextmanager
    async def linked(self) -> AsyncIterator[DispatchLink]:
        async with _running(self.link.serve()):
            yield self.link

    @contextlib.asynccontextmanager
    async def listening(self, *rules: RefuseRule) -> AsyncIterator[Listener]:
        with DispatchLedger(self.folder / "dispatch.db", SteppingClock(), rules) as file:
            listener = Listener(Address("127.0.0.1", self.broker.port), file, line=LINE)
            async with _running(listener.serve()):
                await until(lambda: listener.online)
                yield listener

    async def seal(self, count: int) -> None:
        for _ in range(count):
            self.number += 1
            number = self.number
            await self.journal.write(lambda ledger, number=number: sealed(ledger, number))
            self.link.kick()

    async def settled(self, deadline_s: float = 20) -> None:
        async with asyncio.timeout(deadline_s):
            while (await self.counts())[OutboxState.PENDING]:  # noqa: ASYNC110 - a row in a database
                await asyncio.sleep(0.02)

    async def counts(self) -> dict[OutboxState, int]:
        return await self.journal.write(lambda ledger: outbox_counts(ledger.connection))

    def applied(self) -> list[int]:
        with contextlib.closing(sqlite3.connect(self.folder / "dispatch.db")) as connection:
            return [
                row[0] for row in connection.execute("SELECT sequence FROM events WHERE state='applied' ORDER BY rowid")
            ]

    def deliveries(self) -> int:
        with contextlib.closing(sqlite3.connect(self.folder / "dispatch.db")) as connection:
            return int(connection.execute("SELECT SUM(deliveries) FROM events").fetchone()[0])


@contextlib.asynccontextmanager
async def _running(coroutine: object) -> AsyncIterator[None]:
    task = asyncio.ensure_future(coroutine)  # type: ignore[call-overload]
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    async with mosquitto(tmp_path) as broker, open_journal(tmp_path / "line.db") as journal:
        yield Bench(tmp_path, broker, journal)


@contextlib.asynccontextmanager
async def observer(bench: Bench, *topics: str) -> AsyncIterator[aiomqtt.Client]:
    async with aiomqtt.Client("127.0.0.1", bench.broker.port, protocol=aiomqtt.ProtocolVersion.V5) as client:
        for topic in topics:
            await client.subscribe(topic, qos=1)
        yield client


async def receipt(client: aiomqtt.Client, body: object, *, retain: bool = False) -> None:
    payload = body if isinstance(body, bytes) else json.dumps(body)
    await client.publish(f"sealline/{LINE}/receipts", payload, qos=1, retain=retain)


async def test_every_event_is_applied_once_and_in_order(bench: Bench) -> None:
    bench.wait_for_receipts(60)
    async with bench.listening(), bench.linked() as link:
        await bench.seal(60)
        await bench.settled()
    assert bench.applied() == list(range(1, 61))
    assert (await bench.counts())[OutboxState.ACKNOWLEDGED] == 60
    assert (link.acknowledged, link.ignored) == (60, 0)
    assert not link.no_subscriber


async def test_an_event_is_a_cloud_event_with_its_properties(bench: Bench) -> None:
    async with observer(bench, f"sealline/{LINE}/events", f"sealline/{LINE}/state") as client, bench.linked():
        await bench.seal(1)
        async with asyncio.timeout(5):
            messages = [await anext(client.messages), await anext(client.messages)]
    state, message = sorted(messages, key=lambda each: each.topic.value, reverse=True)
    assert json.loads(state.payload) == {"online": True}
    event = json.loads(message.payload)
    assert event["specversion"] == "1.0"
    assert event["type"] == "cn.sealline.item.sealed.v1"
    assert event["source"] == f"/sealline/{LINE}"
    assert event["subject"] == "MAIL00001"
    assert event["sequence"] == "000000000001"
    assert event["epoch"] == 1
    assert event["data"]["parts"] == [{"role": "front", "code": "PM********01"}]
    assert event["data"]["seal"]["dwell_ms"] == 601
    assert message.qos == 1
    assert not message.retain
    assert message.properties.ContentType == "application/cloudevents+json; charset=utf-8"
    assert message.properties.ResponseTopic == f"sealline/{LINE}/receipts"
    assert message.properties.CorrelationData == event["id"].encode()


async def test_broker_killed_and_restarted_empty_loses_and_doubles_nothing(bench: Bench) -> None:
    async with bench.listening(), bench.linked():
        for _ in range(3):
            await bench.seal(30)
            bench.broker.kill()
            await bench.seal(30)
            await bench.broker.start()
        await bench.settled(40)
    assert sorted(bench.applied()) == list(range(1, 181))
    with DispatchLedger(bench.folder / "dispatch.db", SteppingClock()) as ledger:
        assert ledger.gaps() == []


async def test_dispatch_absent_then_back(bench: Bench) -> None:
    async with bench.linked() as link:
        await bench.seal(3)
        await until(lambda: link.published >= 3 and link.no_subscriber)
        assert not link.dispatch_seen
        assert (await bench.counts())[OutboxState.PENDING] == 3
        async with bench.listening():
            await bench.settled()
            await until(lambda: link.dispatch_seen)
            await bench.seal(1)
            await bench.settled()
        assert not link.no_subscriber
        await until(lambda: not link.dispatch_seen)
    assert bench.applied() == [1, 2, 3, 4]


async def test_a_restarted_line_sends_what_was_pending(bench: Bench) -> None:
    await bench.seal(5)
    async with bench.listening(), bench.linked():
        await bench.settled()
    assert bench.applied() == [1, 2, 3, 4, 5]


async def test_refused_receipt_parks_and_a_person_sends_it_again(bench: Bench) -> None:
    async with bench.linked() as link:
        async with bench.listening(RefuseRule.parse("subject=MAIL00002")):
            await bench.seal(3)
            await bench.settled()
            assert bench.parked == [(2, "refused by rule")]
            assert link.parked == 1
            assert (await bench.counts())[OutboxState.PARKED] == 1
        async with bench.listening():
            await bench.journal.write(lambda ledger: send_parked_again(ledger, 2, "op1", "settled"))
            link.kick()
            await bench.settled()
    assert sorted(bench.applied()) == [1, 2, 3]
    with pytest.raises(NotParked, match="is acknowledged"):
        await bench.journal.write(lambda ledger: send_parked_again(ledger, 2, "op1", "settled"))


def recalled(ledger: Ledger, number: int) -> int:
    data = EventData(mail_number=f"MAIL{number:05d}", acceptance=f"GA{number:06d}", bag=1, reason="slip_part")
    return put_event(ledger, LINE, EventType.RECALLED, None, data)


async def test_a_recalled_parcel_leaves_its_bag_and_is_never_sealed_again(bench: Bench) -> None:
    async with bench.listening(), bench.linked() as link:
        await bench.seal(3)
        await bench.journal.write(lambda ledger: recalled(ledger, 2))
        await bench.journal.write(lambda ledger: sealed(ledger, 7, "MAIL00002"))
        link.kick()
        await bench.settled()
    assert bench.parked == [(5, "mail number MAIL00002 was sealed already by event " + await _id_of(bench, 2))]
    with DispatchLedger(bench.folder / "dispatch.db", SteppingClock()) as ledger:
        assert ledger.parcels_in(f"/sealline/{LINE}", 1) == ["MAIL00001", "MAIL00003"]
        assert ledger.parcels_in(f"/sealline/{LINE}", 2) == []


async def test_a_recall_that_comes_before_the_parcel_is_known_keeps_it_out(bench: Bench) -> None:
    async with bench.listening(), bench.linked() as link:
        await bench.journal.write(lambda ledger: recalled(ledger, 1))
        await bench.seal(1)
        link.kick()
        await bench.settled()
    assert bench.parked == [(2, "mail number MAIL00001 was recalled by event " + await _id_of(bench, 1))]


async def _id_of(bench: Bench, sequence: int) -> str:
    row = await bench.journal.write(
        lambda ledger: ledger.connection.execute("SELECT id FROM outbox WHERE seq = ?", (sequence,)).fetchone()
    )
    return str(row[0])


async def test_a_mail_number_sealed_twice_is_refused_by_dispatch(bench: Bench) -> None:
    async with bench.listening(), bench.linked():
        await bench.seal(1)
        await bench.journal.write(lambda ledger: sealed(ledger, 9, "MAIL00001"))
        bench.link.kick()
        await bench.settled()
    assert bench.applied() == [1]
    assert "MAIL00001 was sealed already" in bench.parked[0][1]


async def test_no_receipt_means_again_under_the_same_id(bench: Bench) -> None:
    async with observer(bench, f"sealline/{LINE}/events") as client, bench.linked():
        await bench.seal(1)
        async with asyncio.timeout(5):
            first, second = await anext(client.messages), await anext(client.messages)
        assert first.payload == second.payload
        await receipt(client, {"id": json.loads(first.payload)["id"], "accepted": True})
        await bench.settled()


async def test_forged_malformed_and_duplicated_receipts_end_nothing(bench: Bench) -> None:
    async with observer(bench, f"sealline/{LINE}/events") as client, bench.linked() as link:
        await bench.seal(2)
        async with asyncio.timeout(5):
            own = json.loads((await anext(client.messages)).payload)["id"]
        forged: list[object] = [
            {"id": f"{LINE}-2-0000000000000000", "accepted": True},
            {"id": own},
            {"id": own, "accepted": "yes"},
            {"id": 1, "accepted": True},
            [own],
            b"\xff\xfe not json",
            b"",
            b'{"id": "' + b"x" * 5000 + b'", "accepted": true}',
        ]
        for body in forged:
            await receipt(client, body)
        await until(lambda: link.ignored == len(forged))
        assert (await bench.counts())[OutboxState.PENDING] == 2
        for _ in range(3):
            await receipt(client, {"id": own, "accepted": True})
        await until(lambda: link.ignored == len(forged) + 2)
        assert (link.acknowledged, (await bench.counts())[OutboxState.PENDING]) == (1, 1)


async def test_a_retained_receipt_is_no_receipt(bench: Bench) -> None:
    await bench.seal(1)
    own = await bench.journal.write(lambda ledger: ledger.connection.execute("SELECT id FROM outbox").fetchone()[0])
    async with observer(bench) as client:
        await receipt(client, {"id": own, "accepted": True}, retain=True)
    async with bench.linked() as link:
        await until(lambda: link.ignored == 1)
        assert (await bench.counts())[OutboxState.PENDING] == 1


async def test_last_will_and_farewell(bench: Bench) -> None:
    async with observer(bench, f"sealline/{LINE}/state") as client:
        async with bench.linked(), asyncio.timeout(5):
            assert json.loads((await anext(client.messages)).payload) == {"online": True}
        async with asyncio.timeout(5):
            assert json.loads((await anext(client.messages)).payload) == {"online": False}


async def test_wrong_password_is_said_and_mended_without_a_restart(tmp_path: Path) -> None:
    passwords = tmp_path / "passwords"
    maker = await asyncio.create_subprocess_exec("mosquitto_passwd", "-c", "-b", str(passwords), "line", "right")
    assert await maker.wait() == 0
    passwords.chmod(0o644)
    given = tmp_path / "password"
    given.write_text("wrong\n")
    extra = f"allow_anonymous false\npassword_file {passwords}"
    async with mosquitto(tmp_path, extra) as broker, open_journal(tmp_path / "line.db") as journal:
        section = DispatchSection(host="127.0.0.1", port=broker.port, username="line", password_file=given)
        link = DispatchLink(section, LINE, journal)
        async with _running(link.serve()):
            await until(lambda: "authori" in link.failure.lower())
            assert not link.online
            given.write_text("right\n")
            await until(lambda: link.online)
            assert link.failure == ""


async def test_unreadable_events_are_refused_and_harm_nothing(bench: Bench) -> None:
    topics = [f"sealline/{LINE}/receipts"]
    async with bench.listening() as listener, observer(bench, *topics) as client:
        await client.publish(f"sealline/{LINE}/events", b"\x00\xff", qos=1)
        await client.publish(f"sealline/{LINE}/events", json.dumps({"id": "x-1"}), qos=1)
        async with asyncio.timeout(5):
            answer = json.loads((await anext(client.messages)).payload)
        assert answer["id"] == "x-1"
        assert answer["accepted"] is False
        assert listener.unreadable == 2
        assert bench.applied() == []


async def test_gaps_are_found(tmp_path: Path, bench: Bench) -> None:
    await bench.seal(5)
    bodies = await bench.journal.write(
        lambda ledger: [row[0] for row in ledger.connection.execute("SELECT body FROM outbox ORDER BY seq")]
    )
    with DispatchLedger(tmp_path / "own.db", SteppingClock()) as ledger:
        for place in (0, 1, 4, 4):
            assert ledger.take(CloudEvent.model_validate_json(bodies[place]), bodies[place]).accepted
        assert [(gap.first, gap.last) for gap in ledger.gaps()] == [(3, 4)]
        assert ledger.count() == 3
