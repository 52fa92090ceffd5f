"""Order files as spreadsheets and platforms write them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from order_bench import car_order

from controller.orders.order_files import OrderFileUnreadable, open_order_file, read_order_file
from controller.orders.order_form import read_order
from controller.plan.config import LineConfig

HEADER = "acceptance,product,due,priority,route,number,code:front,code:rear"
ROW = "GA000001,small_car_plates,2026-12-01T17:00:00+08:00,5,GZ-01,粤A00001,PM0000000002,PM0000000003"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_csv_in_any_usual_encoding(encoding: str, end: str, example: LineConfig) -> None:
    found = open_order_file(f"{HEADER}{end}{ROW}{end}".encode(encoding))
    assert found.encoding == ("utf-8" if encoding.startswith("utf") else "gb18030")
    order = read_order(found.rows[0].data, example.recipes)
    assert order == read_order(car_order(1), example.recipes)
    assert found.rows[0].line == 2


def test_csv_lines_are_the_files_own() -> None:
    quoted = ROW.replace("GZ-01", '"GZ\n01"')
    lines = [row.line for row in read_order_file(f"{HEADER}\n\n{quoted}\n,,,\n{ROW}\n".encode())]
    assert lines == [4, 6]


def test_csv_columns_may_stand_in_any_order_and_be_left_out(example: LineConfig) -> None:
    text = "code:rear,due,acceptance,code:front,product,number\n"
    text += "PM0000000003,2026-12-01T17:00:00+08:00,GA000001,PM0000000002,small_car_plates,粤A00001\n"
    order = read_order(read_order_file(text.encode())[0].data, example.recipes)
    assert (order.priority, order.route) == (5, "")


def test_one_file_may_hold_products_of_different_parts() -> None:
    text = "acceptance,product,due,number,code:front,code:rear,code:certificate,code:plate\n"
    text += "GA1,small_car_plates,x,粤A00001,PM1,PM2,,\nGA2,ebike_plate,x,A1B2C3,,,EB1,PM3\n"
    first, second = read_order_file(text.encode())
    assert [part["role"] for part in first.data["parts"]] == ["front", "rear"]
    assert [part["role"] for part in second.data["parts"]] == ["certificate", "plate"]


@pytest.mark.parametrize("wrapped", [True, False])
def test_json_list_or_object(wrapped: bool) -> None:
    orders = [car_order(1), car_order(2)]
    found = read_order_file(json.dumps({"orders": orders} if wrapped else orders).encode())
    assert [(row.line, row.data["acceptance"]) for row in found] == [(1, "GA000001"), (2, "GA000002")]


BAD: list[tuple[bytes, str]] = [
    (b"\xff\xfeA\x00", "neither UTF-8 (byte 0 is 0xFF) nor GB18030 (byte 0 is 0xFF)"),
    (b"acceptance,product\nGA1,x\n", "columns are missing: due, code:<role>"),
    (b"acceptance,product,due,code:front,colour\n", "columns are unknown: colour"),
    (b"acceptance,product,due,code:front,due\n", "columns stand twice: due"),
    (b"", "columns are missing: acceptance"),
    (b"[{", "not JSON"),
    (b'{"rows": []}', "must be a list of orders"),
    (b'acceptance,product,due,code:front\nGA1,"x,y,z', "line 2: broken CSV"),
    (b"[" * 100_000, "not JSON"),
]


@pytest.mark.parametrize(("raw", "said"), BAD)
def test_an_unreadable_file_says_why(raw: bytes, said: str) -> None:
    with pytest.raises(OrderFileUnreadable) as refused:
        read_order_file(raw)
    assert said in refused.value.text.en
    assert refused.value.text.zh


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(OrderFileUnreadable, match="can't be read"):
        read_order_file(tmp_path / "none.csv")


def test_a_cell_too_many_is_refused_as_a_row(example: LineConfig) -> None:
    from controller.orders.work_orders import OrderRefused

    row = read_order_file(f"{HEADER}\n{ROW},more\n".encode())[0]
    with pytest.raises(OrderRefused, match="cells_without_a_column"):
        read_order(row.data, example.recipes)
