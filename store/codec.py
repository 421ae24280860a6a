"""Structs as canonical JSON text, and back."""

import hashlib
from functools import lru_cache
from typing import Any, TypeVar

import msgspec

S = TypeVar("S")

_encoder = msgspec.json.Encoder(order="deterministic")


def encode(value: object) -> str:
    return _encoder.encode(value).decode()


def digest(text: str | bytes) -> str:
    """128 bits of BLAKE2b, as hexadecimal text."""
    return hashlib.blake2b(text if isinstance(text, bytes) else text.encode(), digest_size=16).hexdigest()


@lru_cache(maxsize=64)
def _decoder(of: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(of)


def decode(text: str | bytes, of: type[S]) -> S:
    decoder: msgspec.json.Decoder[S] = _decoder(of)  # type: ignore[arg-type]  # classes are hashable
    return decoder.decode(text)
