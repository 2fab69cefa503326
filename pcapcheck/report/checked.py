"""What was checked, in words: a pass says what was asked and answered, what was not judged, and what is missing."""

from __future__ import annotations

from collections import Counter

from pcapcheck.analysis import Analysis
from pcapcheck.capture.record import DNS_NOT_PRINTED, FLAGS_NOT_PRINTED
from pcapcheck.questions.silent_hosts import NOBODYS
from pcapcheck.report.pod_sums import pods
from pcapcheck.ruleset.finding import NOT_CHECKED, PASS
from pcapcheck.table_names import ARP, ASSOCIATIONS, CONNECTIONS, DATAGRAMS, DNS, ECHO
from pcapcheck.values import format_address, is_ipv4

# Traffic that people look for in a recording, by table: a pass says if it is missing.
LOOKED_FOR = {ECHO: "ping", CONNECTIONS: "TCP", DNS: "DNS"}
# Questions by their table: one, and several.
QUESTIONS = {
    ARP: ("address resolution", "address resolutions"),
    ECHO: ("echo request", "echo requests"),
    CONNECTIONS: ("TCP connection", "TCP connections"),
    ASSOCIATIONS: ("SCTP association", "SCTP associations"),
    DNS: ("DNS query", "DNS queries"),
    DATAGRAMS: ("UDP request", "UDP requests"),
}
RULES_NAMED = 3


def what_answered(analysis: Analysis) -> str:
    """Questions and answers: by the node, by pods, by any host that was pinged or connected to."""
    passed = {finding.rule.id: finding for finding in analysis.findings if finding.status == PASS}
    askers = [pod for pod in pods(analysis) if pod.arp.total]
    parts = []
    if "gateway-arp-answered" in passed and askers:
        who, whose = "the pods'", "their"
        if len(askers) == 1 and len(askers[0].link.pod_ips) == 1:
            who, whose = f"{format_address(next(iter(askers[0].link.pod_ips)))}'s", "its"
        addresses = [ip for pod in askers for ip in pod.link.pod_ips]
        asked = "ARP" if not addresses or any(map(is_ipv4, addresses)) else "neighbour solicitation"
        parts.append(f"the node answers {who} {asked} for {whose} gateway")
    elif "pod-answers-arp" in passed:
        parts.append("the pod answers when the node asks for its MAC")
    # An RST is an answer, but not a good one if the node sent it; nor is an error of a DNS server.
    refused = any(
        question.protocol == "TCP" and question.about.startswith("connection") for question in analysis.asked_in_vain
    )
    unwelcome = {DNS} & {finding.rule.table for finding in analysis.warnings} | ({CONNECTIONS} if refused else set())
    for rule, what in (
        ("echo-answered", "echo requests are replied to"),
        ("pod-answers-echo", "echo requests to the pod are replied to"),
        ("tcp-answered", "TCP connections are answered"),
        ("sctp-answered", "SCTP associations are answered"),
        ("dns-answered", "DNS queries are answered"),
        ("udp-answered", "UDP requests are answered"),
    ):
        seen_already = rule == "pod-answers-echo" and "echo-answered" in passed
        if rule in passed and not seen_already and passed[rule].rule.table not in unwelcome:
            parts.append(f"{passed[rule].checked} of {passed[rule].checked} {what}")
    return ", ".join(parts[:-1]) + (", and " if len(parts) > 1 else "") + "".join(parts[-1:])


def counted(analysis: Analysis) -> str:
    """How many rules were checked, and which, if there is nothing better to say."""
    passed = [finding.rule.id for finding in analysis.findings if finding.status == PASS]
    checked = sum(finding.status != NOT_CHECKED for finding in analysis.findings)
    more = f" and {len(passed) - RULES_NAMED} more" if len(passed) > RULES_NAMED else ""
    named = f" ({', '.join(passed[:RULES_NAMED])}{more})" if passed else ""
    # An accepted failure is still an error.
    found = f"{len(passed)} passed" if analysis.accepted else "no error was found"
    return f"{checked} of {len(analysis.findings)} rules could be checked, and {found}{named}"


def not_judged(analysis: Analysis) -> str:
    """Questions on pods' links without an answer that nothing can be concluded from, and why; as a clause."""
    passed = {finding.rule.table for finding in analysis.findings if finding.status == PASS}
    open_: Counter[str] = Counter()
    why = ""
    for capture in analysis.captures:
        for (table, group), tally in capture.tallies.items():
            point = analysis.facts.point(capture.number, group)
            if point is None or not point.judged or point.kind != "pod-link":
                continue
            # What is under way when the recording ends is of no interest where others were judged.
            for outcome in ("unanswered",) if table in passed else ("unanswered", "in-flight"):
                row = capture.number, group, table, outcome
                if tally.outcomes[outcome] and analysis.facts.value("answered", *row) is None:
                    open_[table] += tally.outcomes[outcome]
                    why = why or analysis.facts.reason("answered", *row)
    if not open_:
        return ""
    parts = [f"{open_[table]} {words[open_[table] > 1]}" for table, words in QUESTIONS.items() if open_[table]]
    listed = " and ".join(part for part in (", ".join(parts[:-1]), parts[-1]) if part)
    # The reason without its example and its advice, which stand by the rules that were not checked.
    reason = why.partition(";")[0].partition(" (")[0]
    return f"; {listed} {'are' if open_.total() > 1 else 'is'} not judged: {reason}"


def asks_nobody(analysis: Analysis) -> str:
    """Pings to an address that nobody has, from which nothing follows; as a clause."""
    asked = next((question for question in analysis.unanswered if question.doubt == NOBODYS), None)
    return f"; {format_address(asked.asker)}'s {asked.about} proves nothing: nobody has that address" if asked else ""


def not_there(analysis: Analysis) -> str:
    """Traffic that people look for but that was not recorded, so that the report does not cover it."""
    if not analysis.captures:
        return ""
    there = {table for capture in analysis.captures for (table, _), tally in capture.tallies.items() if tally.total}
    if any(group.has_tcp for capture in analysis.captures for group in capture.groups):
        there.add(CONNECTIONS)
    problems = {problem.kind for capture in analysis.captures for problem in capture.problems}
    if DNS_NOT_PRINTED in problems:
        there.add(DNS)
    if FLAGS_NOT_PRINTED in problems:
        there.add(CONNECTIONS)
    missing = [name for table, name in LOOKED_FOR.items() if table not in there]
    return f"; no {', no '.join(missing)} recorded" if missing else ""
