"""The API of people: signing in and out, the own secret, and what a supervisor does with accounts."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from controller.web.admission import SESSION_COOKIE
from controller.web.people.hashing import SECRET_LIMIT
from controller.web.people.reception import SignedIn
from controller.web.people.roles import Action, Role, needs
from controller.web.plant import Plant, ThePlant, TheVisitor
from controller.web.refusals import Refusal

people_api = APIRouter(prefix="/api")

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9._-]{1,23}$")]
"""An account name: it stands in the journal, so it need not tell who somebody is."""
NameInPath = Annotated[str, Path(pattern=r"^[a-z][a-z0-9._-]{1,23}$")]
Shown = Annotated[str, Field(min_length=1, max_length=40, pattern=r"^[^\x00-\x1f<>]+$")]
Secret = Annotated[str, Field(max_length=SECRET_LIMIT)]
Why = Annotated[str, Field(min_length=3, max_length=200)]


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class SignIn(_Form):
    """Name, or the code of a scanned badge; PIN or password, which a badge may make needless."""

    who: Annotated[str, Field(min_length=1, max_length=64)]
    secret: Secret = ""


class FirstSupervisor(_Form):
    """Whoever comes first with the line's token."""

    name: Name
    shown: Shown
    password: Secret


class NewPerson(_Form):
    """An account with a first secret, which its person must replace."""

    name: Name
    shown: Shown
    role: Role
    secret: Secret
    why: Why


class ChangedPerson(_Form):
    """What becomes of an account."""

    role: Role | None = None
    active: bool | None = None
    why: Why


class GivenSecret(_Form):
    """A new first secret for somebody who has forgotten the own one."""

    secret: Secret
    why: Why


class OwnSecret(_Form):
    """A person's own choice."""

    old: Secret
    new: Secret


class Because(_Form):
    """Why something is done."""

    why: Why


class NewToken(_Form):
    """A token for an order platform."""

    name: Name
    why: Why


class Me(BaseModel):
    """Who asks, and what that one may.

    :ivar left_s: until the session ends when nothing is done; :ivar first: there is no account at all yet.
    """

    name: str
    shown: str
    role: Role | None
    may: list[Action]
    left_s: float
    own_secret: bool
    first: bool


class PersonView(BaseModel):
    """An account as a supervisor sees it."""

    name: str
    shown: str
    role: Role
    active: bool
    own_secret: bool
    badge: bool


@people_api.get("/me")
@needs(Action.ENTER)
async def me(plant: ThePlant, visitor: TheVisitor) -> Me:
    """Who asks, and what that one may do now."""
    person = visitor.person
    return Me(
        name=visitor.name,
        shown=person.shown if person else "",
        role=visitor.role,
        may=sorted(visitor.may),
        left_s=round(visitor.left_s, 1),
        own_secret=person.own if person else True,
        first=not await plant.reception.anybody(),
    )


@people_api.post("/sign-in")
@needs(Action.ENTER)
async def sign_in(plant: ThePlant, request: Request, response: Response, form: SignIn) -> dict[str, Any]:
    """Sign in by name and PIN or password, or by a scanned badge. 401: wrong; 429: wait, and for how long."""
    return _signed(plant, request, response, await plant.reception.sign_in(form.who, form.secret))


@people_api.post("/sign-out")
@needs(Action.ENTER)
async def sign_out(plant: ThePlant, request: Request, response: Response) -> dict[str, Any]:
    """End this browser's session."""
    await plant.reception.sign_out(request.cookies.get(SESSION_COOKIE, ""))
    response.delete_cookie(SESSION_COOKIE, path="/", httponly=True, samesite="strict")
    return {}


@people_api.post("/me/secret")
@needs(Action.ENTER)
async def choose_secret(
    plant: ThePlant, visitor: TheVisitor, request: Request, response: Response, form: OwnSecret
) -> dict[str, Any]:
    """Replace the own PIN or password. All other sessions of this person end."""
    if visitor.person is None:
        raise Refusal(HTTPStatus.UNAUTHORIZED, "nobody_signed_in")
    return _signed(plant, request, response, await plant.reception.choose_secret(visitor.person, form.old, form.new))


@people_api.post("/people/first")
@needs(Action.ENTER)
async def make_first(plant: ThePlant, request: Request, response: Response, form: FirstSupervisor) -> dict[str, Any]:
    """Make the first supervisor; only while there is no account."""
    return _signed(plant, request, response, await plant.reception.make_first(form.name, form.shown, form.password))


@people_api.get("/people")
@needs(Action.PEOPLE)
async def people(plant: ThePlant) -> list[PersonView]:
    """Every account."""
    listed = await plant.reception.ask(plant.reception.book.people)
    return [
        PersonView(name=p.name, shown=p.shown, role=p.role, active=p.active, own_secret=p.own, badge=p.has_badge)
        for p in listed
    ]


@people_api.post("/people")
@needs(Action.PEOPLE)
async def add(plant: ThePlant, visitor: TheVisitor, form: NewPerson) -> dict[str, Any]:
    """Make an account. Its person replaces the secret at the first sign-in."""
    await plant.reception.add(form.name, form.shown, form.role, form.secret, visitor.name, form.why)
    return {"name": form.name}


@people_api.post("/people/{name}")
@needs(Action.PEOPLE)
async def change(plant: ThePlant, visitor: TheVisitor, name: NameInPath, form: ChangedPerson) -> dict[str, Any]:
    """Change a role, or end or renew an account. Nobody changes the own one."""
    await plant.reception.change(name, visitor.name, form.why, role=form.role, active=form.active)
    return {"name": name}


@people_api.post("/people/{name}/secret")
@needs(Action.PEOPLE)
async def give_secret(plant: ThePlant, visitor: TheVisitor, name: NameInPath, form: GivenSecret) -> dict[str, Any]:
    """Give somebody a new first secret."""
    await plant.reception.set_secret(name, form.secret, visitor.name, form.why)
    return {"name": name}


@people_api.post("/people/{name}/badge")
@needs(Action.PEOPLE)
async def give_badge(plant: ThePlant, visitor: TheVisitor, name: NameInPath, form: Because) -> dict[str, Any]:
    """Make a badge; its code is told only now, to be printed as a bar code."""
    return {"name": name, "code": await plant.reception.give_badge(name, visitor.name, form.why)}


@people_api.post("/people/{name}/badge/end")
@needs(Action.PEOPLE)
async def take_badge(plant: ThePlant, visitor: TheVisitor, name: NameInPath, form: Because) -> dict[str, Any]:
    """Make a lost badge worthless."""
    await plant.reception.take_badge(name, visitor.name, form.why)
    return {"name": name}


@people_api.get("/tokens")
@needs(Action.PEOPLE)
async def tokens(plant: ThePlant) -> list[str]:
    """Names of the programs that have a token."""
    return await plant.reception.ask(plant.reception.book.programs)


@people_api.post("/tokens")
@needs(Action.PEOPLE)
async def give_token(plant: ThePlant, visitor: TheVisitor, form: NewToken) -> dict[str, Any]:
    """Make a token with which an order platform hands orders and mail numbers in; it is told only now."""
    return {"name": form.name, "token": await plant.reception.give_token(form.name, visitor.name, form.why)}


@people_api.post("/tokens/{name}/end")
@needs(Action.PEOPLE)
async def take_token(plant: ThePlant, visitor: TheVisitor, name: NameInPath, form: Because) -> dict[str, Any]:
    """Make a program's token worthless."""
    await plant.reception.take_token(name, visitor.name, form.why)
    return {"name": name}


def _signed(plant: Plant, request: Request, response: Response, signed: SignedIn) -> dict[str, Any]:
    plant.reception.sessions.end(request.cookies.get(SESSION_COOKIE, ""))  # whoever was signed in here before
    response.set_cookie(
        SESSION_COOKIE,
        signed.token,
        max_age=int(plant.reception.sessions.longest_s),
        httponly=True,
        samesite="strict",
        secure=request.state.behind_tls,
    )
    return {"name": signed.person.name, "role": signed.person.role, "own_secret": signed.person.own}
