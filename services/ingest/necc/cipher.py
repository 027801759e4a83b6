"""Encrypted fields of end devices, read and written: AES-128 or SM4, ECB, PKCS#7, as hexadecimal digits. Pure.

Each field is encrypted apart. That hides little and proves nobody; it is here because devices insist on it.
"""

import re
from collections.abc import Callable
from typing import Literal

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7

CipherName = Literal["none", "aes", "sm4"]
KEY_BYTES = 16
_BLOCK_BITS = 128
_BLOCKS = re.compile(r"(?:[0-9A-Fa-f]{32}){1,64}")


class CipherTextError(ValueError):
    """A field cannot be opened: no cipher text, or of another key."""


def sealer(name: CipherName, key: bytes) -> Callable[[str], str]:
    """What encrypts a field, as lower-case hexadecimal digits; without a cipher the field as it is."""
    if name == "none":
        return str
    cipher = _cipher(name, key)

    def sealed(text: str) -> str:
        padder = PKCS7(_BLOCK_BITS).padder()
        encryptor = cipher.encryptor()
        return (encryptor.update(padder.update(text.encode()) + padder.finalize()) + encryptor.finalize()).hex()

    return sealed


def opener(name: CipherName, key: bytes) -> Callable[[str], str]:
    """What opens a field, by the key of its device; it raises CipherTextError.

    Without a cipher no field has the look of a cipher text: a device that encrypts is not told to forget its values.
    """
    if name == "none":
        return _as_it_is
    cipher = _cipher(name, key)

    def opened(text: str) -> str:
        if not _BLOCKS.fullmatch(text):
            raise CipherTextError("it is no cipher text: 32 hexadecimal digits a block")
        decryptor = cipher.decryptor()
        padded = decryptor.update(bytes.fromhex(text)) + decryptor.finalize()
        unpadder = PKCS7(_BLOCK_BITS).unpadder()
        try:
            return (unpadder.update(padded) + unpadder.finalize()).decode("utf-8")
        except ValueError:
            raise CipherTextError("it is encrypted by another key, or another cipher") from None

    return opened


def _cipher(name: CipherName, key: bytes) -> Cipher[modes.ECB]:
    return Cipher(algorithms.AES128(key) if name == "aes" else algorithms.SM4(key), modes.ECB())  # noqa: S305 - what provinces prescribe


def _as_it_is(text: str) -> str:
    if _BLOCKS.fullmatch(text):
        raise CipherTextError("it is encrypted, and this platform is set to no cipher")
    return text
