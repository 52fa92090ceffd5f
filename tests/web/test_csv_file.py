"""Tables for the office: read by a spreadsheet as they are meant."""

from __future__ import annotations

from controller.web.csv_file import csv_file


def test_a_text_is_never_taken_for_a_formula_and_a_number_stays_one() -> None:
    answer = csv_file("alarms", ["text", "n"], [["=cmd()", -3], ["粤B, “1”", None]])
    text = bytes(answer.body).decode("utf-8-sig")
    assert text == 'text,n\r\n\'=cmd(),-3\r\n"粤B, “1”",\r\n'
    assert answer.headers["content-disposition"] == 'attachment; filename="alarms.csv"'
