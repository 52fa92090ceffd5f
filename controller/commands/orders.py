"""`sealline orders`: hand work orders in and see them."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from controller.commands.printing import console, local, table
from controller.commands.way_in import DEFAULT_CONFIG, REFUSED, ConfigOption, fail, hand_in, load, reading, say
from controller.desk.handing_in import OrdersReport, hand_in_orders
from controller.journal.reading import order_lines
from controller.orders.order_files import OrderFileUnreadable, open_order_file
from controller.orders.work_orders import OrderState, accept_orders
from controller.words.text import Text

orders = typer.Typer(name="orders", help="Hand work orders in and see them.", no_args_is_help=True)


@orders.command("import")
def import_orders(
    file: Annotated[Path, typer.Argument(help="CSV or JSON, described in docs/orders.md.")],
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Hand in the orders of a file. Bad rows are refused with their line and reason while the rest goes in."""
    line = load(config)
    try:
        found = open_order_file(file)
    except OrderFileUnreadable as error:
        why = say(line, error.text)
        fail(why if why.startswith(str(file)) else f"{file}: {why}")
    if found.encoding != "utf-8":
        told = Text(f"{file}：编码为 {found.encoding.upper()}", f"{file}: read as {found.encoding.upper()}")
        typer.echo(say(line, told))
    report = asyncio.run(
        hand_in(
            line,
            lambda client: hand_in_orders(client, found.rows),
            lambda ledger: OrdersReport.of(accept_orders(ledger, found.rows, line.recipes)),
        )
    )
    for row in report.refused:
        which = f" {row.acceptance}" if row.acceptance else ""
        told = Text(row.zh, row.en).within(f"第 {row.line} 行{which}", f"line {row.line}{which}")
        typer.echo(say(line, told), err=True)
    accepted, already, refused = len(report.accepted), len(report.already), len(report.refused)
    counts = Text(
        f"收下 {accepted}，已有 {already}，拒绝 {refused}",
        f"{accepted} accepted, {already} known already, {refused} refused",
    )
    typer.echo(say(line, counts))
    if refused:
        raise typer.Exit(REFUSED)


@orders.command("list")
def list_orders(
    state: Annotated[OrderState | None, typer.Option(help="Only orders in this state.")] = None,
    most: Annotated[int, typer.Option(min=1, max=100_000, help="How many at most.")] = 100,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Show orders, the next to be called first."""
    listed = table("acceptance", "product", "due", "priority", "route", "state", "attempt")
    with reading(load(config)) as connection:
        for order in order_lines(connection, state or "", most):
            listed.add_row(
                order.acceptance,
                order.product,
                local(order.due, "minutes"),
                str(order.priority),
                order.route,
                order.state,
                str(order.attempt),
            )
    console().print(listed)
