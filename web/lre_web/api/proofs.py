"""What can be downloaded of a letter: proofs, evidence, container, bundle, documents."""

from io import BytesIO

from lre_kit.errors import NotFoundError
from lre_kit.integration.values import Scope
from lre_kit.letters.values import Letter
from lre_kit.proofs.packing.issue import EvidencePendingError
from lre_web.api.declaring import ANY, ASICE, JSON, PDF, XML, ZIP, Call, Result, Route
from lre_web.api.letters import own
from lre_web.api.models import PackedAsked, ProofAsked, ProofsTold, proof_told


def _list(call: Call) -> Result:
    letter = own(call)
    return Result(
        body=ProofsTold(items=[proof_told(each) for each in call.office.issuer.available(letter.id)])
    )


def _proof(call: Call) -> Result:
    letter, kind, asked = own(call), str(call.args["kind"]), call.query
    infos = [info for info in call.office.issuer.available(letter.id) if info.kind == kind]
    if not infos:
        msg = "This letter has no such proof."
        raise NotFoundError(msg, mend="Its list of proofs shows which there are.")
    name = f"{letter.number}-{kind}.{asked.format}"
    if asked.format == "pdf":
        return Result(body=call.office.issuer.make(letter.id, kind, asked.language), media=PDF, name=name)
    media = JSON if asked.format == "json" else XML
    return Result(body=_evidence(call, letter, infos[0].seq, asked.format), media=media, name=name)


def _evidence(call: Call, letter: Letter, seq: int, suffix: str) -> bytes:
    wanted = (f"{seq + 1:02}-", f".{suffix}")
    for name, raw in call.office.issuer.evidence_files(letter.id):
        if name.startswith(wanted[0]) and name.endswith(wanted[1]):
            return raw
    msg = "The evidence of this proof still waits for its seal or time stamp."
    raise EvidencePendingError(msg, mend="Come back in a moment.")


def _container(call: Call) -> Result:
    letter, made = own(call), BytesIO()
    call.office.issuer.container(letter.id, documents=call.query.documents, target=made)
    return Result(body=made.getvalue(), media=ASICE, name=f"{letter.number}.asice")


def _bundle(call: Call) -> Result:
    letter = own(call)
    made = call.office.issuer.bundle_zip(letter.id, documents=call.query.documents)
    return Result(body=made, media=ZIP, name=f"{letter.number}.zip")


def _document(call: Call) -> Result:
    letter, position = own(call), int(call.args["position"])
    if position > len(letter.documents):
        msg = "This letter has no such document."
        raise NotFoundError(msg, mend="The letter says which documents it has.")
    info, pieces = call.office.desk.open_document(letter.id, position)
    return Result(body=pieces, media=info.media_type, name=info.name)


_LETTER = "/letters/<number>"

ROUTES = (
    Route(
        method="GET", path=f"{_LETTER}/proofs", name="listProofs", tag="Proofs", scope=Scope.LETTERS_READ,
        summary="List a letter's proofs", handler=_list, answer=ProofsTold, errors=(NotFoundError,),
    ),
    Route(
        method="GET", path=f"{_LETTER}/proofs/<kind>", name="downloadProof", tag="Proofs",
        scope=Scope.LETTERS_READ, summary="Download a proof as PDF, or its evidence as JSON or XML",
        handler=_proof, query=ProofAsked, media=(PDF, JSON, XML),
        errors=(NotFoundError, EvidencePendingError),
    ),
    Route(
        method="GET", path=f"{_LETTER}/container", name="downloadContainer", tag="Proofs",
        scope=Scope.LETTERS_READ, summary="Download all there is of a letter as one sealed file (ASiC-E)",
        handler=_container, query=PackedAsked, media=(ASICE,), errors=(NotFoundError,),
    ),
    Route(
        method="GET", path=f"{_LETTER}/bundle", name="downloadBundle", tag="Proofs", scope=Scope.LETTERS_READ,
        summary="Download all there is of a letter as a ZIP file", handler=_bundle, query=PackedAsked,
        media=(ZIP,), errors=(NotFoundError,),
    ),
    Route(
        method="GET", path=f"{_LETTER}/documents/<int:position>", name="downloadDocument", tag="Proofs",
        scope=Scope.LETTERS_READ, summary="Download a document as it was deposited", handler=_document,
        media=(ANY,), errors=(NotFoundError,),
    ),
)  # fmt: skip
"""The routes of what can be downloaded."""
