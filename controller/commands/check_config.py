"""`sealline check-config`: what a configuration gets wrong, its schema, and the example to start from."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Annotated

import typer

from controller.plan.config import ConfigError, LineConfig, load_config
from controller.plan.places import StationKind
from controller.plan.recipes import PartKind


def check_config(
    file: Annotated[Path | None, typer.Argument(help="The line.toml to check.")] = None,
    schema: Annotated[bool, typer.Option("--schema", help="Print the JSON schema instead.")] = False,
    example: Annotated[bool, typer.Option("--example", help="Print a commented line.toml to start from.")] = False,
) -> None:
    """Check a line.toml: every mistake with key, value and bound. Exit code 0: the line would take it."""
    if schema:
        typer.echo(json.dumps(LineConfig.model_json_schema(), indent=2, ensure_ascii=False))
        return
    if example:
        typer.echo((files("controller") / "line.example.toml").read_text(encoding="utf-8"), nl=False)
        return
    if file is None:
        typer.echo("name the file to check: sealline check-config line.toml", err=True)
        raise typer.Exit(2)
    try:
        config = load_config(file)
    except ConfigError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from error
    typer.echo(
        f"{file}: good. Line {config.line.id}: {len(config.stations)} stations, {len(config.devices)} devices, "
        f"{len(config.recipes)} recipes."
    )
    for untaught in _proven_by_code_alone(config):
        typer.echo(untaught)


def _proven_by_code_alone(config: LineConfig) -> Iterator[str]:
    """Each document of which nothing but the code is looked at, and how to mend that."""
    verify = next(station for station in config.stations if station.kind is StationKind.VERIFY)
    for product, recipe in config.recipes.items():
        for part in recipe.parts:
            if part.kind is PartKind.DOCUMENT and not part.layout:
                yield (
                    f"recipes.{product}: {part.role} has no layout: proven by its code alone, not by its kind and "
                    f"printed number. `sealline vision teach {product} --camera {verify.devices['close_up']}` finds it"
                )
