"""The catalogues: the same keys and names in both languages, and a text for every code that the line can tell."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from controller.dispatch.bags import BagState
from controller.exits import Reason
from controller.flow.found import Found
from controller.flow.items import Activity
from controller.orders.mail_numbers import MailNumberState
from controller.orders.parts_ledger import PartState
from controller.orders.work_orders import OrderState
from controller.plan.settings_book import VersionState
from controller.stations.proving import CHECK_REASONS
from controller.unit.packml import Mode, State
from controller.web.api import LineCommand
from controller.web.frame import STATIC
from controller.web.pages import PAGES
from controller.web.pages.rejects import SpoilReason
from controller.web.people.roles import Role
from controller.web.texts import CATALOGUES, Language, read_parts
from controller.words.alarm_texts import AlarmKind

ZH, EN = CATALOGUES[Language.ZH], CATALOGUES[Language.EN]
TEMPLATES = Path(str(STATIC)).parent / "templates"
CONTROLLER = Path(str(STATIC)).parents[1]
MORE_ACTIVITIES = ("scanning", "weighing")
MORE_REASONS = ("no_mail_number",)
DEVICE_TYPES = ("conveyor", "sealer", "applicator", "gate", "scanner", "scale", "printer", "camera")
DEVICE_STATES = ("online", "connecting", "offline", "wrong_device")


def test_both_languages_have_the_same_keys() -> None:
    assert set(ZH) == set(EN)
    assert all(text.strip() for catalogue in (ZH, EN) for text in catalogue.values())


def test_no_text_is_given_twice() -> None:
    files = sorted((Path(str(STATIC)).parent / "texts").rglob("*.json"))
    twice = {f"{file.parent.name}/{file.name} {key}" for file in files for key, n in _keys(file).items() if n > 1}
    assert (len(files) > 20, twice) == (True, set())


def _keys(file: Path) -> Counter[str]:
    found: list[str] = []
    json.loads(file.read_text(encoding="utf-8"), object_pairs_hook=lambda pairs: found.extend(key for key, _ in pairs))
    return Counter(found)


def test_both_languages_fill_the_same_names() -> None:
    names = {key: [sorted(re.findall(r"\{(\w+)", catalogue[key])) for catalogue in (ZH, EN)] for key in EN}
    assert {key: found for key, found in names.items() if found[0] != found[1]} == {}


def test_every_code_has_a_text() -> None:
    wanted = [
        *(f"activity.{code}" for code in (*Activity, *MORE_ACTIVITIES)),
        *(f"reason.{code}" for code in (*Reason, *MORE_REASONS)),
        *(f"check.{name}" for name in CHECK_REASONS),
        *(f"state.{state.name.title()}" for state in State),
        *(f"mode.{mode.name.title()}" for mode in Mode),
        *(f"command.{command}" for command in LineCommand),
        *(f"device_type.{device}" for device in DEVICE_TYPES),
        *(f"device_state.{state}" for state in DEVICE_STATES),
        *(f"{part}.{kind}" for kind in AlarmKind for part in ("alarm_kind", "remedy")),
        *(f"scan.order_{state}" for state in OrderState),
        *(f"spoil.reason_{reason}" for reason in SpoilReason),
        *(f"matter.found_{found}" for found in Found),
        *(f"order_state.{state}" for state in OrderState),
        *(f"part_state.{state}" for state in PartState),
        *(f"mail_state.{state}" for state in MailNumberState),
        *(f"bag_state.{state}" for state in BagState),
        *(f"settings.state_{state}" for state in VersionState),
        *(f"role.{role}" for role in Role),
        *(f"outcome.{outcome}" for outcome in ("packed", "rejected", "unknown", "recalled", "lost")),
        *(f"matter.item_{state}" for state in ("unknown", "recalled", "lost")),
    ]
    assert [key for key in wanted if key not in ZH] == []


def test_every_entry_of_a_story_has_a_name() -> None:
    """What is entered of an item or an order, as the code writes it."""
    code = "".join(file.read_text(encoding="utf-8") for file in sorted(CONTROLLER.rglob("*.py")))
    calls = re.findall(r'\.enter\(\s*"(\w+)"((?:[^()]|\([^()]*\))*)\)', code)
    kinds = {kind for kind, rest in calls if "item=" in rest or "acceptance=" in rest}
    assert len(kinds) > 15
    assert sorted(kind for kind in kinds if f"kind.{kind}" not in ZH) == []


def test_a_remedy_has_the_same_steps_in_both_languages() -> None:
    for kind in AlarmKind:
        steps = [catalogue[f"remedy.{kind}"].split("\n") for catalogue in (ZH, EN)]
        assert len(steps[0]) == len(steps[1]), kind
        assert all(step.strip() for each in steps for step in each), kind


def test_every_text_that_the_script_names_is_there() -> None:
    named = named_in(Path(str(STATIC)).rglob("*.js"))
    assert named
    assert sorted(named - set(EN)) == []


def test_every_text_that_a_template_names_is_there() -> None:
    named = named_in(TEMPLATES.rglob("*.html"))
    assert named
    assert sorted(named - set(EN)) == []


def named_in(files: Iterable[Path]) -> set[str]:
    return {
        key
        for file in files
        for key in re.findall(r'\bt\(["\']([a-z_]+\.[a-z_A-Z0-9]+)["\']\s*[,)]', file.read_text("utf-8"))
    }


def test_no_text_stands_in_two_parts() -> None:
    for language in Language:
        keys = [key for part in read_parts(language).values() for key in part]
        assert [key for key, count in Counter(keys).items() if count > 1] == []


def test_both_languages_have_the_same_parts() -> None:
    assert set(read_parts(Language.ZH)) == set(read_parts(Language.EN))


def test_every_page_has_its_name_sign_template_script_and_style() -> None:
    shapes = (TEMPLATES / "shapes.svg").read_text("utf-8")
    for page in PAGES:
        assert f"nav.{page.name}" in EN
        assert f'id="shape-nav-{page.name}"' in shapes
        assert (TEMPLATES / "pages" / f"{page.name}.html").is_file()
        for ending in ("js", "css"):
            assert STATIC.joinpath("pages", f"{page.name}.{ending}").is_file()


def test_chinese_is_chinese_and_english_is_english() -> None:
    for key in EN:
        if key not in ("page.language", "page.language_label"):
            assert not re.search(r"[一-鿿]", EN[key]), key


def test_the_report_does_not_say_who_let_the_print_trend_begin_anew() -> None:
    """Seen: `a technician let …`, which a supervisor may do too."""
    assert "technician" not in EN["report.begun_anew"]
    assert "技术员" not in ZH["report.begun_anew"]
