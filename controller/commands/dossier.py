"""`sealline dossier`: hold a printed dossier's file against its own proof, on any machine and without the line."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from controller.commands.printing import console, local, table
from controller.commands.way_in import DEFAULT_CONFIG, ConfigOption, fail, load
from controller.desk.signing import KeyUnusable, fingerprint, load_or_make_key, public_half
from controller.journal.tracing import as_text
from controller.web.papers.signed_file import NotProven, Proven, verify

dossier = typer.Typer(name="dossier", help="Dossiers of parcels.", no_args_is_help=True)


@dossier.command("verify")
def verify_file(
    file: Annotated[Path, typer.Argument(help="The dossier, a PDF file.")],
    key: Annotated[str, typer.Option(help="Public half of the line's key, in hex, as `dossier key` tells it.")] = "",
) -> None:
    """Tell whether a dossier is what the line has signed. Ends with 0 when it is, with 2 when it is not."""
    try:
        proven = verify(file.read_bytes())
    except OSError as error:
        fail(f"{file}: {error.strerror}")
    except NotProven as error:
        fail(f"{file}: NOT PROVEN: {error}")
    if key and key.strip().lower() != proven.public:
        fail(f"{file}: NOT PROVEN: signed by another key, {fingerprint(proven.public)}")
    _tell(proven, known=bool(key))


@dossier.command("key")
def tell_key(config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Tell the public half of this line's key; give it to whoever is to verify its dossiers."""
    path = load(config).store.signing_key
    if not path.exists():
        fail(f"{path}: there is no key yet; the line makes it at its first start")
    try:
        public = public_half(load_or_make_key(path))
    except KeyUnusable as error:
        fail(str(error))
    typer.echo(public)
    typer.echo(f"fingerprint {fingerprint(public)}", err=True)


@dossier.callback()
def _group() -> None:
    """Dossiers of parcels."""


def _tell(proven: Proven, *, known: bool) -> None:
    statement = proven.statement
    paper = console()
    listed = table("at", "what", "data", title=f"order {statement['acceptance']}, {len(proven.entries)} entries")
    for entry in proven.entries:
        listed.add_row(local(entry.at), entry.kind, entry.data if len(entry.data) < 100 else entry.data[:97] + "…")
    paper.print(listed)
    paper.print(as_text({name: statement[name] for name in ("line", "acceptance", "at", "by", "history")}))
    whose = "of the key given" if known else "compare it with the line's own: sealline dossier key"
    paper.print(f"signature holds, key fingerprint {fingerprint(proven.public)} ({whose})")
    paper.print("proven: no byte of the file was changed since, and every entry gives its digest")
