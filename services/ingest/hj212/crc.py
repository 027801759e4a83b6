"""The checksum of a data segment (HJ 212-2017, annex A). Pure.

It is not that of Modbus: the byte is added after the low byte of the register is dropped.
"""

START = 0xFFFF
_POLYNOMIAL = 0xA001
_BITS = 8


def _shifted(low: int) -> int:
    for _ in range(_BITS):
        low = (low >> 1) ^ _POLYNOMIAL if low & 1 else low >> 1
    return low


_TABLE = [_shifted(low) for low in range(1 << _BITS)]


def crc(data: bytes | bytearray | memoryview, register: int = START) -> int:
    """The checksum of `data`, 16 bits; `register` is what stood after the bytes before it."""
    for byte in data:
        register = (register >> _BITS) ^ byte
        register = (register >> _BITS) ^ _TABLE[register & 0xFF]
    return register
