"""The manifest of a mail bag on paper."""

from __future__ import annotations

from controller.dispatch.manifests import Manifest
from controller.plan.config import LineConfig
from controller.web.papers.dossier import clock
from controller.web.papers.paper import Paper
from controller.web.texts import CATALOGUES, Language


def print_manifest(held: Manifest, config: LineConfig, language: Language) -> bytes:
    """The pages. Blocking: call it in a thread. :raises FontMissing: there is no Chinese font on this machine."""
    words = CATALOGUES[language]
    title = words["manifest.title"].format(bag=held.bag.bag)
    paper = Paper(title, f"{config.line.id} · {title}")
    facts = [
        (words["dossier.line"], f"{config.line.name} {config.line.id}"),
        (words["manifest.standing"], words[f"bag_state.{held.bag.state}"]),
        (words["manifest.opened"], clock(held.bag.opened_at)),
        (words["manifest.closed"], clock(held.bag.closed_at)),
        (words["manifest.parcels"], str(held.bag.parcels)),
        (words["manifest.digest"], held.digest),
    ]
    paper.grid((words["dossier.what"], ""), facts, (1, 4))
    rows = [
        (str(place), each.mail_number, each.acceptance, clock(each.packed_at))
        for place, each in enumerate(held.parcels, start=1)
    ]
    names = ("no", "mail_number", "acceptance", "packed")
    paper.grid([words[f"manifest.{name}"] for name in names], rows, (1, 3, 3, 3))
    paper.ln(8)
    paper.words(words["manifest.signatures"])
    return paper.file()
