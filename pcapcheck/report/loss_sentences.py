"""How losses are spread, in words: the share, over whom, and what stands out or that nothing does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pcapcheck.analysis import Analysis
from pcapcheck.ruleset.finding import Finding
from pcapcheck.ruleset.rule import Rule
from pcapcheck.table_names import CONNECTIONS, DNS, ECHO, PATHS
from pcapcheck.values import format_address, format_time

if TYPE_CHECKING:
    from pcapcheck.links.question_losses import Losses, Outage, Who

WHAT = {ECHO: "echo requests", CONNECTIONS: "TCP connections", DNS: "DNS queries"}
# Followed packets, by the table that judges whether they were answered.
FOLLOWED = {"request": ECHO, "reply": ECHO}
# Columns that say whether there was an answer.
ANSWERED = frozenset({"answered", "replied", "outcome"})
ANSWER = {ECHO: "reply", CONNECTIONS: "answer", DNS: "answer"}


def partial_loss(analysis: Analysis, finding: Finding) -> str:
    """A failure in one sentence, if a share of what several pairs asked got no answer; else nothing.

    If some pairs lost all and the others nothing, the first is named as usual, unless they share a pod or peer.
    """
    table = finding.rule.table
    if table == PATHS and finding.evidence:
        table = FOLLOWED.get(str(finding.evidence[0].row.get("packet")), "")
    if table not in WHAT or finding.measures or finding.has_accepted or not is_about_losses(finding.rule):
        # Accepted failures do not count, but the spread is known for all losses only.
        return ""
    losses = analysis.losses(table)
    if losses is None or not losses.is_conclusive or losses.failed == losses.asked:
        return ""
    losing = losses.pairs.losing
    if not losses.partial and (losing == 1 or losses.suspect is None):
        return ""
    if losing == 1 < len(losses.pairs) and losses.follows is None:
        # Too few to rule out chance; yet hosts without a loss are not part of the spread.
        return ""
    if losses.icmp_errors > losses.failed / 2:
        # The error says why, which is worth more than how often.
        return ""
    return sentence(losses)


def is_about_losses(rule: Rule) -> bool:
    """Whether a rule wants answers, or paths to lead on; another one may be about what answers say."""
    return rule.table == PATHS or any(leaf.column.name in ANSWERED for leaf in rule.expect.leaves())


def sentence(losses: Losses) -> str:
    """As in: 1 % of 499,759 echo requests get no reply (4,914), spread evenly over 200 pods, 200 peers and time."""
    between = ""
    if len(losses.pairs) == 1:
        between = f" {_from_to(losses.pairs.worst(1)[0].who)}"
    errors = f", {losses.icmp_errors:,} of them an ICMP error" if losses.icmp_errors else ""
    return (
        f"{percent(losses.failed, losses.asked)} of {losses.asked:,} {WHAT[losses.table]}{between} get no "
        f"{ANSWER[losses.table]} ({losses.failed:,}{errors}), {how(losses)}"
    )


def how(losses: Losses) -> str:
    """How the losses are spread over hosts, time and sizes."""
    if losses.follows == "time":
        return _in_time(losses.outages, losses.failed)
    if losses.follows == "connection":
        return "each lost whole, while the others lose nothing"
    outlier = losses.suspect
    if outlier is None:
        over = [
            f"{len(shares):,} {noun}"
            for shares, noun in ((losses.pods, "pods"), (losses.peers, "peers"), (losses.sizes, "sizes"))
            if len(shares) > 1
        ]
        if not over:
            return "spread evenly over time"
        return f"spread evenly over {', '.join(over)} and time: none stands out"
    who = outlier.who
    if isinstance(who, tuple):
        whom = _from_to(who)
    elif losses.follows == "size" and losses.passing is not None:
        return f"all of them of {who} bytes or more, and none of up to {losses.passing} bytes"
    elif losses.follows == "size":
        whom = f"of {who} bytes"
    elif losses.follows == "port":
        whom = f"to port {who}"
    else:
        whom = f"{'to' if losses.follows == 'peer' else 'from'} {format_address(who)}"
    some = "all of them" if outlier.failed == losses.failed else f"{outlier.failed:,} of them"
    return f"{some} {whom}, where {percent(outlier.failed, outlier.asked)} of {outlier.asked:,} do"


def _from_to(pair: Who) -> str:
    src, dst = pair if isinstance(pair, tuple) else (pair, 0)
    return f"from {format_address(src)} to {format_address(dst)}"


def _in_time(outages: tuple[Outage, ...], failed: int) -> str:
    first = outages[0]
    held = sum(outage.failed for outage in outages)
    some = "all of them" if held == failed else f"{held:,} of them"
    when = f"from {clock(first.first)} {f'to {clock(first.last)}' if first.over else 'until the end'}"
    # Others came through during the burst, or it was too short to know.
    noun = "outage" if held >= sum(outage.asked for outage in outages) / 2 else "burst"
    if len(outages) == 1:
        return f"{some} in one {noun} {when}"
    return f"{some} in {len(outages)} {noun}s, the first {when}"


def clock(time: int) -> str:
    """The time of day in UTC, to the second."""
    return format_time(time)[11:19]


def percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.3g} %"
