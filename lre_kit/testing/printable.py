"""PDFs for the post room's tests: printable ones, and one for each reason not to print."""

from functools import cache
from io import BytesIO


@cache
def printable_pdf(
    pages: int = 1, *, text: str = "Texte de la lettre", size: str = "210mm, height: 297mm"
) -> bytes:
    """Return a PDF of so many pages with fonts embedded."""
    import tempfile
    from pathlib import Path

    import typst

    body = "#pagebreak()\n".join(f'#"{text} {number}"\n' for number in range(1, pages + 1))
    with tempfile.TemporaryDirectory() as scratch:
        source = Path(scratch) / "letter.typ"
        source.write_text(
            f"#set document(date: none)\n#set page(width: {size}, margin: 25mm)\n{body}", encoding="utf-8"
        )
        return bytes(typst.compile(str(source)))


@cache
def unprintable_pdfs() -> dict[str, bytes]:
    """Return PDFs that cannot be printed, each under the words its refusal must hold."""
    import pikepdf

    def changed(change: object, **options: object) -> bytes:
        made = BytesIO()
        with pikepdf.open(BytesIO(printable_pdf())) as pdf:
            change(pdf)  # type: ignore[operator]
            pdf.save(made, **options)  # type: ignore[arg-type]
        return made.getvalue()

    def nothing(_: "pikepdf.Pdf") -> None: ...

    def opening(pdf: "pikepdf.Pdf") -> None:
        pdf.Root.OpenAction = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS="app.alert(1)")

    def launching(pdf: "pikepdf.Pdf") -> None:
        link = pikepdf.Dictionary(
            Type=pikepdf.Name.Annot,
            Subtype=pikepdf.Name.Link,
            Rect=[0, 0, 9, 9],
            A=pikepdf.Dictionary(S=pikepdf.Name.Launch, F="calc.exe"),
        )
        pdf.pages[0].Annots = pikepdf.Array([link])

    def form(pdf: "pikepdf.Pdf") -> None:
        pdf.Root.AcroForm = pikepdf.Dictionary(Fields=[], XFA=pdf.make_stream(b"<xdp/>"))

    def named_font(pdf: "pikepdf.Pdf") -> None:
        font = pikepdf.Dictionary(
            Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica
        )
        pdf.pages[0].Resources.Font.F9 = font

    whole = printable_pdf()
    return {
        "is encrypted": changed(nothing, encryption=pikepdf.Encryption(owner="o", user="u")),
        "encrypted": changed(nothing, encryption=pikepdf.Encryption(owner="o", user="")),
        "scripts": changed(opening),
        "actions": changed(launching),
        "XFA": changed(form),
        "not embedded": changed(named_font),
        "not A4": printable_pdf(size="105mm, height: 148mm"),
        "read to the end": whole[: len(whole) // 2] + b"\nstartxref\n0\n%%EOF\n",
    }
