"""No mail numbers left: the item waits at the waybill station, the line does not hold, and goes on after an import."""

from __future__ import annotations

from tests.line.asked import standing
from tests.line.floor import floor
from tests.line.plans import quick


async def test_an_item_without_a_mail_number_waits_for_the_next_import() -> None:
    plan = quick(3)
    first, *rest = plan.mail_numbers
    async with floor(plan.model_copy(update={"mail_numbers": (first,)})) as here:
        await here.hand_in()
        await here.begin()
        view = await here.alarm("pool_empty")
        assert view.state == "Execute"
        await here.entry("packed")
        assert here.journal("SELECT COUNT(*) FROM history WHERE kind = 'mail_number_reserved'")[0][0] == 1
        await here.call("import_mail_numbers", numbers=list(rest))
        result = await here.finish()
        assert result.judgement.clean, result.judgement
        assert set(result.states.values()) == {"packed"}
        assert not any(result.reasons.values())
        assert "pool_empty" not in standing(await here.view())
