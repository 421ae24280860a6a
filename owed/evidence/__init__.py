"""A bundle as it is handed over: its files, a manifest of their hashes, words to the reader, and a verifier."""

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path

#: The verifier is a whole program that goes into the bundle as it is.
VERIFIER = Path(__file__).with_name("verify.py")
#: The words to the reader, a file for each language that a bundle can be in.
_README = "README.{}.txt"
#: Entries of a ZIP carry a day; theirs says nothing.
_EPOCH = (1980, 1, 1, 0, 0, 0)


def complete(files: Mapping[str, bytes], language: str) -> dict[str, bytes]:
    """With the verifier, the words to the reader in a language, and the manifest, which names every other file."""
    readme = Path(__file__).with_name(_README.format(language))
    whole = {**files, "verify.py": VERIFIER.read_bytes(), "README.txt": readme.read_bytes()}
    hashes = {name: hashlib.sha256(whole[name]).hexdigest() for name in sorted(whole)}
    manifest = json.dumps({"format": 1, "files": hashes}, indent=2, sort_keys=True) + "\n"
    return {**whole, "manifest.json": manifest.encode()}


def as_zip(files: Mapping[str, bytes], folder: str) -> bytes:
    """Sorted, and without times: the same files give the same bytes."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as bundle:
        for name in sorted(files):
            entry = zipfile.ZipInfo(f"{folder}/{name}", _EPOCH)
            entry.external_attr = 0o644 << 16
            bundle.writestr(entry, files[name], zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def write_folder(files: Mapping[str, bytes], folder: Path) -> None:
    """Raises FileExistsError: a bundle is never mixed with other files."""
    folder.mkdir(parents=True)
    for name, body in files.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(body)
