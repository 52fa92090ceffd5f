"""The pages, in the order of the navigation. A new page is one module here and one line below."""

from controller.web.frame import Page
from controller.web.pages import (
    alarms,
    orders,
    overview,
    people,
    recovery,
    rejects,
    report,
    settings,
    technician,
    trace,
)

PAGES: tuple[Page, ...] = (
    overview.PAGE,
    alarms.PAGE,
    recovery.PAGE,
    rejects.PAGE,
    orders.PAGE,
    trace.PAGE,
    report.PAGE,
    settings.PAGE,
    technician.PAGE,
    people.PAGE,
)
