"""All exchanges of one capture, streamed: frame batches in, finished rows of each table out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pcapcheck.columns import ANSWERS, ARP, ECHO
from pcapcheck.decode.frames import FrameBatch, FrameGroup
from pcapcheck.flows.addresses import Claims
from pcapcheck.flows.arp import Answer, Resolution, Resolutions, messages
from pcapcheck.flows.echo import Echo, Echoes
from pcapcheck.flows.points import GatewayTalk

Exchange = Resolution | Answer | Echo
Point = tuple[int, int | None]


class Exchanges:
    """Pairs what belongs together and notes on the way who asks for the gateway and who answers.

    ``gateways`` are the gateway's addresses; ``arp_wait`` and ``echo_wait`` nanoseconds.
    """

    def __init__(self, gateways: frozenset[int], arp_wait: int, echo_wait: int) -> None:
        self.gateways = gateways
        self.claims = Claims()
        self.resolutions = Resolutions(arp_wait)
        self.echoes = Echoes(echo_wait)
        self.gateway_talk: dict[Point, GatewayTalk] = {}

    def feed(self, batch: FrameBatch) -> Iterator[tuple[str, Exchange]]:
        """The exchanges that this batch finishes, each with the name of its table."""
        for message in messages(batch):
            self.claims.feed(message)
            yield from self._resolved(self.resolutions.feed(message))
        for echo in self.echoes.feed(batch):
            yield ECHO, echo

    def finish(self, groups: Iterable[FrameGroup]) -> Iterator[tuple[str, Exchange]]:
        """What was still open at the end of the capture."""
        last_seen: dict[Point, int] = {}
        for group in groups:
            if group.last is not None:
                last_seen[group.point] = max(last_seen.get(group.point, group.last), group.last)
        yield from self._resolved(self.resolutions.finish(last_seen))
        for echo in self.echoes.finish(last_seen):
            yield ECHO, echo

    def _resolved(self, resolutions: Iterable[Resolution]) -> Iterator[tuple[str, Exchange]]:
        for resolution in resolutions:
            if resolution.target in self.gateways:
                self._note_gateway(resolution)
            yield ARP, resolution
            for answer in resolution.answers:
                yield ANSWERS, answer

    def _note_gateway(self, resolution: Resolution) -> None:
        talk = self.gateway_talk.setdefault(resolution.point, GatewayTalk())
        talk.askers.setdefault(resolution.group, set()).add(resolution.asker_ip)
        if resolution.answers:
            talk.answered.add(resolution.group)
        # Where two machines answered one question, answering does not tell which of them is the node.
        if len(resolution.reply_eth_src or ()) == 1:
            talk.answerers.update(answer.frame_group for answer in resolution.answers)
