"""One of each thing that belongs to a need which is open to the market."""

from tests.contracts.partnership import Partnership
from tests.conventions import market


async def asked_of(at: Partnership) -> dict[str, str]:
    """Return a question about a need that is open to the market, and a file of it."""
    need_id = (await market.make(at.client)).published_id
    return {
        "question_id": await _asked(at, need_id), "attachment_id": await _attached(at, need_id),
    }  # fmt: skip


async def _asked(at: Partnership, need_id: str) -> str:
    """Ask a question on a need that is open to the market."""
    path, asked = f"/v1/needs/{need_id}/questions", {"text": {"en": "When?"}}
    identifier: str = (await at.made(path, asked, by=("enterprise", "bidder")))["id"]
    return identifier


async def _attached(at: Partnership, need_id: str) -> str:
    """Add a file to a need that is open to the market, and name it for all to read."""
    path, by = f"/v1/needs/{need_id}", ("city", "officer")
    filed = await at.file(b"%PDF-1.7\nSpecification\n", by=by, under=f"{path}/attachments")
    attachment_id: str = filed.json()["id"]
    document = {"id": attachment_id, "document_type": "illustration", "title": {"en": "Map"}}
    asked = {"reason": {"en": "A map."}, "changes": {"documents": [document]}}
    await at.made(f"{path}/amendments", asked, by=by, If_Match="*")
    return attachment_id
