"""Redactions over HTTP."""

from litestar import Response
from litestar.params import FromPath, JSONBody

from ecosystem.contracts import access
from ecosystem.contracts.redacting import actions, rules
from ecosystem.contracts.redacting.model import RedactionDraft
from ecosystem.contracts.rules import DocumentMissing
from ecosystem.runtime.web import Call, Standing, post
from ecosystem.values.revision import RevisionStale


@post(
    "/v1/documents/{document_id:str}/redaction",
    permit=access.REDACT,
    answers=Standing,
    changes=True,
    refuses=(
        DocumentMissing, RevisionStale, rules.NotFiler, rules.RedactedBefore,
        rules.ReplacementUnfit,
    ),
)  # fmt: skip
async def redact_document(
    request: Call, document_id: FromPath[str], data: JSONBody[RedactionDraft]
) -> Response[bytes]:
    """Redact a document.

    Who filed it withholds its content for good, on a ground and with a reason that its readers
    see, and names the document that replaces it. Its name and SHA-256 stay, and what cites them;
    auditors of the jurisdiction go on reading the original.
    """
    now = await actions.redact(
        request.tx, document_id, data, by=request.by, at=request.at, expected=request.expected
    )
    return request.answer(now, version=now.version, location=f"/v1/documents/{document_id}")


ROUTES = (redact_document,)
