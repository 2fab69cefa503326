"""Remarks on what got no answer by what ping or another client itself printed, next to the packets of a text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from pcapcheck.capture.pinged import unheard
from pcapcheck.capture.printed_failures import forwarded, is_failure, is_refusal, shown, unexpected
from pcapcheck.capture.proxy_log import is_complete, unwritten, written_after
from pcapcheck.links.read_capture import Capture
from pcapcheck.nodestate.numbers import address
from pcapcheck.nodestate.roles import GATEWAY
from pcapcheck.nodestate.source_lines import Line, quote
from pcapcheck.nodestate.state import State
from pcapcheck.questions.silent_hosts import NOBODYS
from pcapcheck.table_names import ECHO
from pcapcheck.triage.remarks.remark import Remark
from pcapcheck.values import clean, format_address

LOST = {"unanswered", "error"}
FORWARDING = (
    ": the resolver is down or not reachable from pods, or what leaves the pod is dropped, or its address is not "
    "translated on the way out (tcpdump -nn port 53 on the pod's link and on the node's card, at the same time)"
)
UNTRANSLATED = (
    ": whoever sends the question on does not translate the answer back. On a bridge, between pods of one node, that "
    "takes net.bridge.bridge-nf-call-iptables=1 (br_netfilter); elsewhere a notrack rule, an answer that takes another "
    "way back, or kube-proxy's rules that are gone"
)
UNWRITTEN = (
    ": services whose pods came or went since are not reached, or their packets go to pods that are gone; its log says "
    "why (a kernel module that is missing, a lock that another program holds), and it tries again"
)
MOST = 3
RECORDING = "record the interfaces on its way meanwhile"
REFUSED = "so an ICMP error came for it"
REFUSING = (
    ": a firewall rejects it (firewalld and others: prohibited), or the last host on the way gets no answer to its ARP "
    "(iptables-save -c | grep REJECT; nft list ruleset | grep reject; ip neigh)"
)


def printed_ping_remarks(captures: list[Capture]) -> list[Remark]:
    """A remark per capture and target of ping, and one per capture for other clients."""
    return [remark for capture in captures for remark in (*_remarks(capture), *_of_clients(capture))]


def printed_alone_remarks(state: State) -> list[Remark]:
    """A remark per target of ping, and one on CoreDNS or the last client, in a state without any packets."""
    texts = [line.text for line in state.printed]
    remarks = []
    for target, sent in unheard(texts)[:MOST]:
        said = f"ping printed that {clean(target)} answered none of its {sent} requests"
        usual = _usual_silence(target, state)
        if usual:
            remarks.append(Remark(f"{said}: {usual}"))
            continue
        remarks.append(Remark(f"{said}: {RECORDING}", short=said, warning=said))
    failed = [line for line in state.printed if is_failure(line.text)]
    strange = [line for line in failed if unexpected(line.text) is not None]
    remarks += _of_strangers([line.text for line in strange], tuple(quote(line) for line in strange[:1]))
    for log in _logs(state):
        remarks += _of_proxy([line.text for line in log], log)
    failed = [line for line in failed if unwritten(line.text) is None]
    # That dig gives up after it says no more.
    failed = [line for line in failed if not strange or forwarded(line.text) is not None]
    asked = Counter(pair for line in failed if (pair := forwarded(line.text)) is not None)
    if asked:
        ((asker, resolver), times), *others = asked.most_common()
        more = f", and {len(others)} more such pair{'s' if len(others) > 1 else ''}" if others else ""
        said = f"CoreDNS at {clean(asker)} got no answer from {clean(resolver)}, {times}x in its log{more}"
        first = next(line for line in failed if forwarded(line.text) is not None)
        remarks.append(Remark(said + FORWARDING, lines=(quote(first),), short=said, warning=said))
    elif failed:
        said = f'a client printed "{clean(shown(failed[-1].text))}"'
        refused = is_refusal(failed[-1].text)
        said += f", {REFUSED}" if refused else ""
        advice = REFUSING if refused else f": {RECORDING}"
        remarks.append(Remark(said + advice, lines=(quote(failed[-1]),), short=said, warning=said))
    return remarks


def _of_strangers(texts: list[str], lines: tuple[str, ...] = ()) -> list[Remark]:
    """On the first answer that came from another address than a client had asked."""
    pair = unexpected(texts[0]) if texts else None
    if pair is None:
        return []
    said = f"a client asked {clean(pair[1])}, and {clean(pair[0])} answered it"
    return [Remark(said + UNTRANSLATED, lines=lines, short=said, warning=said)]


def _logs(state: State) -> list[list[Line]]:
    """What kube-proxy said of its rules, by the file that says so."""
    logs: dict[str, list[Line]] = {}
    for line in state.printed:
        if unwritten(line.text) is not None or is_complete(line.text):
            logs.setdefault(line.file, []).append(line)
    return list(logs.values())


def _of_proxy(texts: list[str], lines: Sequence[Line] = ()) -> list[Remark]:
    """On the last time that kube-proxy could not write its rules, and whether it could later."""
    failed = [place for place, text in enumerate(texts) if unwritten(text) is not None]
    if not failed:
        return []
    said = f'kube-proxy printed "{unwritten(texts[failed[-1]])}", {len(failed)}x: it could not write its rules'
    written = written_after(texts)
    shown_lines = [lines[place] for place in (failed[-1], written) if place is not None and lines]
    quoted = tuple(map(quote, shown_lines))
    if written is not None:
        return [Remark(f"{said}; later it could, so this is over", lines=quoted)]
    return [Remark(said + UNWRITTEN, lines=quoted, short=said, warning=said)]


def _usual_silence(target: str, state: State | None = None) -> str:
    """Why it proves nothing that an address does not answer, where it need not; else empty."""
    ip = address(target)
    if ip == GATEWAY:
        return NOBODYS
    if state is not None and state.services.at(ip):
        return "it is a service's address, which kube-proxy translates only for the ports of the service: ask these"
    return ""


def _of_clients(capture: Capture) -> Iterator[Remark]:
    failed = [line for problem in capture.problems for line in problem.failed]
    strange = [words for _, words in failed if unexpected(words) is not None]
    yield from _of_strangers(strange)
    yield from _of_proxy([words for _, words in failed])
    failed = [(number, words) for number, words in failed if unwritten(words) is None and not is_complete(words)]
    if strange:
        # That dig gives up after it says no more.
        return
    outcomes = {outcome for tally in capture.tallies.values() for outcome in tally.outcomes}
    if not failed:
        return
    number, words = failed[-1]
    if is_refusal(words) and "error" not in outcomes:
        said = f'a client printed "{clean(words)}", {REFUSED}'
        where = f" (line {number} of {clean(capture.source.short_name)})"
        yield Remark(f"{said}{where}{REFUSING}", short=said, warning=said)
        return
    if LOST & outcomes:
        # What was recorded without an answer says more.
        return
    said = f'a client printed "{clean(words)}", and no packet of the text shows what it waited for'
    yield Remark(
        f"{said} (line {number} of {clean(capture.source.short_name)}): {RECORDING}",
        short=said,
        warning=said,
    )


def _remarks(capture: Capture) -> Iterator[Remark]:
    bins = list(capture.exchanges.paired.bins_of(ECHO))
    replied = {format_address(row.dst): row for some in bins if some.outcome == "replied" for row in some.samples}
    # What was recorded of them is said by the question itself.
    asked = {format_address(row.dst) for some in bins if some.outcome != "replied" for row in some.samples}
    for target, sent in dict(pair for problem in capture.problems for pair in problem.unheard).items():
        if target in asked:
            continue
        said = f"ping printed that {clean(target)} answered none of its {sent} requests"
        row = replied.get(target)
        usual = _usual_silence(target)
        if usual and row is None:
            yield Remark(f"{said}: {usual}")
            continue
        if row is None:
            yield Remark(
                f"{said}, and nothing in {clean(capture.source.short_name)} shows an answer of it: record the next "
                "interface on the way too, while ping runs",
                short=said,
                warning=said,
            )
            continue
        yet = f"{said}, although an answer of it to {format_address(row.src)} was recorded"
        yield Remark(
            f"{yet} (frame {row.frames[-1]} of {clean(capture.source.short_name)}): if it is of this ping, it was "
            "dropped between there and ping, by rp_filter, by an ip rule that looks its route up in another table, or "
            "by a rule of INPUT (ip rule; ip route get ADDRESS from SOURCE iif INTERFACE; nstat -az "
            "TcpExtIPReversePathFilter; iptables-save -c)",
            short=yet,
            warning=yet,
        )
