"""The web process put together: pages, API and live feed inside the admission layer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import Depends, FastAPI
from fastapi.staticfiles import StaticFiles

from controller.clock import SystemClock
from controller.desk.channel import ChannelClient
from controller.plan.config import LineConfig
from controller.pulse import Pulse
from controller.web.admission import Admission
from controller.web.answers import answers
from controller.web.api import api
from controller.web.entrance import entrance
from controller.web.feed import LiveFeed
from controller.web.frame import STATIC
from controller.web.metrics import metrics
from controller.web.pages import PAGES
from controller.web.people.api import people_api
from controller.web.people.book import PeopleBook
from controller.web.people.courier import Courier
from controller.web.people.hashing import COST, Cost
from controller.web.people.permits import permitted
from controller.web.people.reception import Reception
from controller.web.people.sessions import Sessions
from controller.web.planning import planning_api
from controller.web.plant import Plant
from controller.web.records import Records
from controller.web.refusals import refuse
from controller.web.reporting import reporting_api
from controller.web.settings import settings_api
from controller.web.share import Share
from controller.web.simulated_plant import simulation_api
from controller.web.tracing import tracing_api

ROUTERS = (
    api,
    answers,
    people_api,
    tracing_api,
    planning_api,
    reporting_api,
    settings_api,
    simulation_api,
    metrics,
    entrance,
    *(page.router for page in PAGES),
)


def make_plant(config: LineConfig, token: str, cost: Cost = COST) -> Plant:
    """What the endpoints of this line work with. :param cost: of a hash of a secret that somebody sets."""
    line = ChannelClient(config.channel.socket, token)
    book, noted = PeopleBook(config.store.people, SystemClock()), Pulse()
    sessions = Sessions(config.web.idle_minutes * 60, config.web.signed_in_hours * 3600)
    reception, courier = Reception(book, sessions, noted, cost), Courier(book, line, noted)
    return Plant(config, token, line, LiveFeed(line), Records(config.store.journal), reception, courier)


def make_app(plant: Plant, share: Share) -> Admission:
    """The whole application."""
    app = FastAPI(
        title="sealline",
        summary=f"Packaging line {plant.config.line.id}",
        openapi_url="/api/openapi.json",
        docs_url=None,  # its pages load scripts from elsewhere
        redoc_url=None,
        lifespan=_following,
        dependencies=[Depends(permitted)],
    )
    app.state.plant = plant
    app.state.pages = PAGES
    for router in ROUTERS:
        app.include_router(router)
    app.mount("/static", StaticFiles(directory=Path(str(STATIC))), name="static")
    refuse(app)
    return Admission(app, plant.token, plant.reception, share, plant.config.web.names)


@asynccontextmanager
async def _following(app: FastAPI) -> AsyncIterator[None]:
    """Follow the line, and bring it the notes, for as long as the application runs."""
    plant: Plant = app.state.plant
    async with asyncio.TaskGroup() as tasks:
        beside = [tasks.create_task(each) for each in (plant.feed.follow(), plant.courier.serve())]
        yield
        for task in beside:
            task.cancel()
