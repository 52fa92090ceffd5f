"""What the line states about a dossier before it signs it: which file, of which order, at which end of its history."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from controller.desk.channel_wire import ChannelRefused
from controller.journal import Ledger

DOSSIER = "sealline-dossier-1"


class DossierForm(BaseModel):
    """A file that is to be signed. :ivar file: SHA-256 in hex of all its bytes before the signature."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    acceptance: Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{1,40}$")]
    file: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    by: Annotated[str, Field(min_length=1, max_length=40)]


def state_dossier(ledger: Ledger, form: DossierForm, line_id: str) -> dict[str, Any]:
    """Journal that the dossier was made and return what is to be signed.

    :raises ChannelRefused: there is no such order.
    """
    if ledger.connection.execute("SELECT 1 FROM orders WHERE acceptance = ?", (form.acceptance,)).fetchone() is None:
        raise ChannelRefused("unknown_order", f"there is no order {form.acceptance}", f"没有工单 {form.acceptance}")
    ledger.enter("dossier_signed", acceptance=form.acceptance, file=form.file, by=form.by)
    seq, digest = ledger.head
    return {
        "format": DOSSIER,
        "line": line_id,
        "acceptance": form.acceptance,
        "file": form.file,
        "by": form.by,
        "at": ledger.at,
        "history": {"seq": seq, "digest": digest.hex()},
    }
