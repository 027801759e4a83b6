"""A broker of one client that keeps each packet: what a host says on the wire, and in which order."""

import socket
import threading
from dataclasses import dataclass

CONNECT, PUBLISH, SUBSCRIBE, DISCONNECT = 1, 3, 8, 14


@dataclass(frozen=True)
class Packet:
    """A packet of MQTT: its kind, the four bits beside it, and what follows its length."""

    kind: int
    flags: int
    body: bytes

    def published(self) -> tuple[str, bytes]:
        """Topic and payload of a PUBLISH."""
        size = int.from_bytes(self.body[:2], "big")
        at = 2 + size + (2 if self.flags & 0b0110 else 0)
        return self.body[2 : 2 + size].decode(), self.body[at:]


@dataclass(frozen=True)
class ConnectPacket:
    """What a CONNECT says."""

    level: int
    clean: bool
    will_qos: int
    will_retain: bool
    will_topic: str
    will_payload: bytes


def connect_of(packet: Packet) -> ConnectPacket:
    """A CONNECT of MQTT 3.1.1 with a Will, read by its section 3.1."""
    flags = packet.body[7]
    at = 10
    texts = []
    for _ in range(3):
        size = int.from_bytes(packet.body[at : at + 2], "big")
        texts.append(packet.body[at + 2 : at + 2 + size])
        at += 2 + size
    assert flags & 0b100, "it has no Will"
    return ConnectPacket(packet.body[6], bool(flags & 2), flags >> 3 & 3, bool(flags & 32), texts[1].decode(), texts[2])


class Wiretap:
    """Listens on a free port; takes one client, and acknowledges what it asks and sends with QoS 1."""

    def __init__(self) -> None:
        self.packets: list[Packet] = []
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listening.getsockname()[1])
        self._client: socket.socket | None = None
        threading.Thread(target=self._serve, daemon=True).start()

    def send(self, topic: str, payload: bytes, *, retained: bool = False) -> None:
        """Publish to the client with QoS 0; together shorter than 126 bytes."""
        assert self._client is not None
        body = len(topic).to_bytes(2, "big") + topic.encode() + payload
        self._client.sendall(bytes([PUBLISH << 4 | retained, len(body)]) + body)

    def close(self) -> None:
        self._listening.close()

    def _serve(self) -> None:
        self._client, _ = self._listening.accept()
        stream = self._client.makefile("rb")
        while head := stream.read(1):
            size = shift = 0
            while True:
                byte = stream.read(1)[0]
                size |= (byte & 127) << shift
                shift += 7
                if byte < 128:
                    break
            packet = Packet(head[0] >> 4, head[0] & 15, stream.read(size))
            self.packets.append(packet)
            self._answer(packet)

    def _answer(self, packet: Packet) -> None:
        assert self._client is not None
        if packet.kind == CONNECT:
            self._client.sendall(b"\x20\x02\x00\x00")
        elif packet.kind == SUBSCRIBE:
            asked, at = 0, 2
            while at < len(packet.body):
                at += 3 + int.from_bytes(packet.body[at : at + 2], "big")
                asked += 1
            self._client.sendall(bytes([0x90, 2 + asked]) + packet.body[:2] + b"\x01" * asked)
        elif packet.kind == PUBLISH and packet.flags & 0b0010:
            size = int.from_bytes(packet.body[:2], "big")
            self._client.sendall(b"\x40\x02" + packet.body[2 + size : 4 + size])
