"""What goes over the pipes between the line and a vision worker: a length-prefixed JSON text and a picture.

Nothing is pickled: a worker decodes whatever a camera sent and is trusted with nothing but its answer.
"""

from __future__ import annotations

import struct
from dataclasses import replace

from pydantic import BaseModel, ConfigDict

from vision.verdict import ContentsTask, GoldenTask, Task, Verdict, WaybillTask

HEAD = struct.Struct(">II")
"""Length of the JSON text and of the picture, in bytes."""
MAX_TEXT_BYTES = 1_000_000
MAX_PICTURE_BYTES = 64_000_000
OUT_OF_MEMORY = 12
"""Exit code of a worker to which the memory for a picture was refused."""


class WireError(ValueError):
    """The other end sent what is no message; it can't be trusted any more."""


class Question(BaseModel):
    """A task for the picture that comes with it."""

    model_config = ConfigDict(frozen=True)

    contents: ContentsTask | None = None
    waybill: WaybillTask | None = None
    golden: GoldenTask | None = None


class Answer(BaseModel):
    """A verdict, whose evidence comes beside it, or why there is none. Neither: the worker is ready."""

    model_config = ConfigDict(frozen=True)

    verdict: Verdict | None = None
    error: str = ""


def pack(message: BaseModel, picture: bytes = b"") -> bytes:
    """One message as bytes."""
    text = message.model_dump_json().encode()
    return HEAD.pack(len(text), len(picture)) + text + picture


def lengths(head: bytes) -> tuple[int, int]:
    """Lengths of text and picture. :raises WireError: over `MAX_TEXT_BYTES` or `MAX_PICTURE_BYTES`."""
    text, picture = HEAD.unpack(head)
    if text > MAX_TEXT_BYTES or picture > MAX_PICTURE_BYTES:
        raise WireError(
            f"message of {text} + {picture} bytes announced; allowed: {MAX_TEXT_BYTES} + {MAX_PICTURE_BYTES}"
        )
    return text, picture


def pack_question(task: Task, picture: bytes) -> bytes:
    """The line's message to a worker."""
    if isinstance(task, ContentsTask):
        return pack(Question(contents=task), picture)
    return pack(Question(waybill=task) if isinstance(task, WaybillTask) else Question(golden=task), picture)


def read_question(text: bytes) -> Task:
    """The task of a question's text. :raises WireError: none, or not one."""
    try:
        question = Question.model_validate_json(text)
    except ValueError as error:
        raise WireError(f"no question: {error}") from error
    task = question.contents or question.waybill or question.golden
    if task is None:
        raise WireError("question holds no task")
    return task


def pack_verdict(verdict: Verdict) -> bytes:
    """A worker's message to the line."""
    return pack(Answer(verdict=replace(verdict, evidence=b"")), verdict.evidence)


def read_answer(text: bytes, picture: bytes) -> Answer:
    """The worker's answer, its verdict with the evidence. :raises WireError: it is none."""
    try:
        answer = Answer.model_validate_json(text)
    except ValueError as error:
        raise WireError(f"no answer: {error}") from error
    if answer.verdict is None:
        return answer
    return Answer(verdict=replace(answer.verdict, evidence=picture))
