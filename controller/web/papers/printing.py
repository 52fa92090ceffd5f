"""Papers as answers of the page: printed in a thread, refused with what to install where no font is."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from http import HTTPStatus

from fastapi import Response

from controller.web.papers.font import FontMissing
from controller.web.refusals import Refusal


async def printed(print_pages: Callable[[], bytes]) -> bytes:
    """The pages of one paper.

    :param print_pages: blocking. It imports what prints by itself: that library takes a second to load and 40 MB,
        which a page that never prints should not wait for.
    """
    try:
        return await asyncio.to_thread(print_pages)
    except FontMissing as error:
        raise Refusal(HTTPStatus.SERVICE_UNAVAILABLE, "no_font", why=error.text) from error


def pdf_file(name: str, pages: bytes) -> Response:
    """A paper as a download. :param name: ASCII, without its ending."""
    headers = {"Content-Disposition": f'attachment; filename="{name}.pdf"'}
    return Response(pages, media_type="application/pdf", headers=headers)
