"""Analyze an observation. The whole way of the data, in its order: read, decode, pair, describe, judge."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pcapcheck.capture.record import BATCH_FRAMES
from pcapcheck.columns import ADDRESSES, ARP, ECHO, FRAMES
from pcapcheck.errors import CaptureError
from pcapcheck.flows.addresses import AddressRow, address_rows
from pcapcheck.flows.links import Facts, Link, describe_link
from pcapcheck.flows.oneway import proof_of_one_way
from pcapcheck.flows.points import PointKey, points_of
from pcapcheck.flows.read import Capture, Progress, Reading, Row, RowSink, read_capture, read_frames
from pcapcheck.flows.scope import Scope
from pcapcheck.report.document import document
from pcapcheck.ruleset.evaluate import Evaluation
from pcapcheck.ruleset.finding import explain_consequences
from pcapcheck.ruleset.load import calico_pack, load_rules
from pcapcheck.ruleset.result import Result
from pcapcheck.ruleset.rule import Rule
from pcapcheck.ruleset.variables import Settings

if TYPE_CHECKING:
    import pandas


class Analysis(Result):
    """What an observation came to: findings, the verdict, and the exchanges as DataFrames, made when asked for."""

    @cached_property
    def arp(self) -> pandas.DataFrame:
        """One row per resolution; durations are Timedelta, times UTC."""
        return self._table(ARP)

    @cached_property
    def echo(self) -> pandas.DataFrame:
        """One row per echo request; durations are Timedelta, times UTC."""
        return self._table(ECHO)

    @cached_property
    def frames(self) -> pandas.DataFrame:
        """One row per frame."""
        return self._table(FRAMES)

    def to_dict(self) -> dict[str, Any]:
        """The JSON document, schema ``pcapcheck/1``."""
        return document(self)

    def _table(self, name: str) -> pandas.DataFrame:
        from pcapcheck.report.tables import table

        return table(self, name)


def analyze(
    *paths: str | Path,
    rules: Iterable[str | Path] | None = None,
    variables: Mapping[str, str] | None = None,
    scope: Scope | None = None,
    progress: Progress | None = None,
    batch_frames: int = BATCH_FRAMES,
) -> Analysis:
    """Judge one or more captures as one observation.

    ``rules`` are files or folders (None: the Calico pack); ``variables`` override the rules' ``$names``.
    Raises CaptureError for a capture that cannot be read, RuleError for rules that cannot be loaded.
    """
    settings = Settings(variables)
    loaded = calico_pack(settings) if rules is None else load_rules([Path(one) for one in rules], settings)
    reading = Reading(
        scope or Scope(),
        settings.gateways,
        settings.number("arp_wait"),
        settings.number("echo_wait"),
        batch_frames,
    )
    if not paths:
        raise CaptureError("no capture given; name at least one file")
    evaluations = [Evaluation(rule) for rule in loaded]
    captures = [
        read_capture(
            number, Path(path), reading, _sink(number, evaluations), _every_frame(loaded, evaluations), progress
        )
        for number, path in enumerate(paths)
    ]
    facts = describe(captures, reading, settings)
    for link in facts.links.values():
        capture = captures[link.point.key[0]]
        _sink(capture.number, evaluations)(ADDRESSES, _address_rows(capture, link, settings), 1)
    findings = [evaluation.finish(facts) for evaluation in evaluations]
    explain_consequences(findings)
    return Analysis(captures, facts, findings, reading)


def describe(captures: list[Capture], reading: Reading, settings: Settings) -> Facts:
    """What only the whole captures tell: kinds, ends, sides, and where silence proves nothing."""
    prefix, proxy_mac = settings.texts["interface_prefix"], settings.number("proxy_mac")
    links: dict[PointKey, Link] = {}
    for capture in captures:
        exchanges = capture.exchanges
        assert exchanges is not None
        given = reading.scope.names_for(capture.path)
        points = points_of(capture.number, capture.path, capture.interfaces, capture.groups, given, prefix)
        for key, point in points.items():
            talk = exchanges.gateway_talk.get((point.interface.number, key[2]))
            if talk:
                point.gateway = talk
            link = describe_link(point, proxy_mac, prefix, reading.scope.filter_used)
            _doubt_silence(link, capture, reading)
            links[key] = link
    reading.scope.select(list(links.values()), prefix)
    return Facts(links)


def _doubt_silence(link: Link, capture: Capture, reading: Reading) -> None:
    """Say where a missing answer proves nothing: packets were lost, or one direction only was recorded."""
    if link.point.kind != "pod-link":
        return
    missing = {
        table: sum(
            tally.outcomes["unanswered"]
            for (one, group), tally in capture.tallies.items()
            if one == table and group in link.point.groups
        )
        for table in (ARP, ECHO)
    }
    drops = link.point.interface.drops
    for table, count in missing.items():
        if 0 < count <= drops:
            link.silence.setdefault(
                table,
                f"{drops} packets were lost while recording, so {count} missing answers prove nothing; "
                "capture again with a larger buffer (tcpdump -B 65536)",
            )
    if any(missing.values()) and not link.heard_both_ends:
        rows = (row for row in read_frames(capture.path, reading) if row.group in link.point.groups)
        proof = proof_of_one_way(rows, reading.gateways, reading.arp_wait)
        if proof:
            link.silence[ARP] = link.silence[ECHO] = proof


def _sink(number: int, evaluations: list[Evaluation]) -> RowSink:
    def sink(table: str, rows: Iterable[Row], weight: int) -> None:
        for evaluation in evaluations:
            if evaluation.rule.table == table:
                evaluation.feed(number, rows, weight)

    return sink


def _every_frame(rules: list[Rule], evaluations: list[Evaluation]) -> bool:
    return any(one.needs_rows for one in evaluations if one.rule.table == FRAMES)


def _address_rows(capture: Capture, link: Link, settings: Settings) -> list[AddressRow]:
    assert capture.exchanges is not None
    point = (link.point.interface.number, link.point.key[2])
    claims = [claim for claim in capture.exchanges.claims.all() if claim.point == point]
    return address_rows(claims, link, settings.gateways, settings.number("proxy_mac"))
