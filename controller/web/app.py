"""The web process put together: pages, API and live feed inside the admission layer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles

from controller.desk.channel import ChannelClient
from controller.plan.config import LineConfig
from controller.web.admission import Admission
from controller.web.answers import answers
from controller.web.api import api
from controller.web.entrance import entrance
from controller.web.feed import LiveFeed
from controller.web.frame import STATIC
from controller.web.metrics import metrics
from controller.web.pages import PAGES
from controller.web.plant import Plant
from controller.web.records import Records
from controller.web.refusals import refuse


def make_plant(config: LineConfig, token: str) -> Plant:
    """What the endpoints of this line work with."""
    line = ChannelClient(config.channel.socket, token)
    return Plant(config, token, line, LiveFeed(line), Records(config.store.journal))


def make_app(plant: Plant) -> Admission:
    """The whole application."""
    app = FastAPI(
        title="sealline",
        summary=f"Packaging line {plant.config.line.id}",
        openapi_url="/api/openapi.json",
        docs_url=None,  # its pages load scripts from elsewhere
        redoc_url=None,
        lifespan=_following,
    )
    app.state.plant = plant
    app.state.pages = PAGES
    for router in (api, answers, metrics, entrance, *(page.router for page in PAGES)):
        app.include_router(router)
    app.mount("/static", StaticFiles(directory=Path(str(STATIC))), name="static")
    refuse(app)
    return Admission(app, plant.token)


@asynccontextmanager
async def _following(app: FastAPI) -> AsyncIterator[None]:
    """Follow the line for as long as the application runs."""
    plant: Plant = app.state.plant
    async with asyncio.TaskGroup() as tasks:
        following = tasks.create_task(plant.feed.follow())
        yield
        following.cancel()
