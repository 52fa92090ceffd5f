"""`sealline vision`: what the cameras' judgement makes of pictures, without a line."""

from __future__ import annotations

import typer

from controller.commands.vision.bench import bench
from controller.commands.vision.check import check
from controller.commands.vision.grade import grade
from controller.commands.vision.read import read
from controller.commands.vision.teach import teach
from controller.commands.vision.verify import verify

vision = typer.Typer(
    name="vision",
    help="Try the cameras' judgement on pictures: codes, plates, print quality, benchmarks. Needs no line.",
    no_args_is_help=True,
)
for each in (bench, check, grade, read, teach, verify):
    vision.command(each.__name__.replace("_", "-"))(each)
