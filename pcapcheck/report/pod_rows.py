"""The rows of the table of pods: the questions of each and their outcomes, the worst first, the rest summed up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from msgspec import Struct

from pcapcheck.exchanges.sums import AskerSums, Durations
from pcapcheck.report.pod_sums import PodSummary
from pcapcheck.values import format_address, format_duration, format_durations, format_mac

ADDRESSES = 2
NONE = "–"
Column = tuple[str, Callable[[PodSummary], str]]


class PodRows(Struct, frozen=True):
    """Pods with their names; the last may stand for all that are not shown, and ``note`` says what these lose."""

    names: tuple[str, ...]
    pods: tuple[PodSummary, ...]
    note: str


def pod_rows(summaries: list[PodSummary], most: int | None) -> PodRows:
    """A row for each of the ``most`` worst pods (None: all), and one for the others together."""
    rows = sorted((summary for summary in summaries if any(sums.total for _, sums in summary.tallies)), key=badness)
    # A single further row takes no more room than the line that would count it.
    shown = rows if most is None or len(rows) <= most + 1 else rows[:most]
    rest = rows[len(shown) :]
    names = pod_names(shown)
    if rest:
        names.append(f"{len(rest):,} more" + ("" if any(map(_losses, rest)) else " without loss"))
        shown = [*shown, _sum(rest)]
    return PodRows(tuple(names), tuple(shown), _note(rest))


def _note(rest: list[PodSummary]) -> str:
    losing = sorted(losses for pod in rest if (losses := _losses(pod)))
    if not losing:
        return ""
    least, most = (f"{100 * share:.3g}" for share in (losing[0], losing[-1]))
    span = f"{least} to {most} %" if least != most else f"{least} %"
    return f"{len(losing):,} of the {len(rest):,} more lose{'s' if len(losing) == 1 else ''} {span}"


def _losses(pod: PodSummary) -> float:
    """The share of echo requests or of ARP requests that got no answer, whichever is greater."""
    arp = pod.arp.outcomes["unanswered"] / pod.arp.settled if pod.arp.settled else 0
    return max(pod.echo.loss or 0, arp)


def badness(pod: PodSummary) -> tuple[float, int, int, int]:
    """The sort key of pods: losses first, then ICMP errors, then the slowest answer."""
    latency = pod.echo.durations.quantile(0.99) or pod.arp.durations.quantile(0.99) or 0
    first = min((ip for ip in pod.ips), default=0)
    return -_losses(pod), -pod.echo.outcomes["error"], -_magnitude(latency), first


def _magnitude(nanoseconds: int) -> int:
    """The order of magnitude of a latency: latencies of one order do not decide which pod is worse."""
    return len(str(nanoseconds)) if nanoseconds >= 10**6 else 0


def _sum(rows: list[PodSummary]) -> PodSummary:
    whole = PodSummary(rows[0].link, frozenset(), frozenset())
    for row in rows:
        for (_, into), (_, tally) in zip(whole.tallies, row.tallies, strict=True):
            into.merge(tally)
    return whole


def pod_names(rows: list[PodSummary]) -> list[str]:
    """The addresses; if two rows share them, with the interface; if they share that too, with the MAC."""
    names = [_pod_name(row) for row in rows]
    counts = Counter(names)
    places = Counter((name, pod.link.name) for name, pod in zip(names, rows, strict=True))
    labels = []
    for name, pod in zip(names, rows, strict=True):
        point = pod.link.name
        if counts[name] == 1:
            labels.append(name)
        elif places[name, point] == 1 or not pod.macs:
            labels.append(f"{name} ({point})")
        else:
            labels.append(f"{name} ({point}, {format_mac(min(pod.macs))})")
    return labels


def _pod_name(pod: PodSummary) -> str:
    if not pod.ips:
        return format_mac(min(pod.macs)) if pod.macs else pod.link.name
    known = [format_address(ip) for ip in sorted(pod.ips)]
    more = f" and {len(known) - ADDRESSES} more" if len(known) > ADDRESSES + 1 else ""
    return ", ".join(known[:ADDRESSES] if more else known) + more


def _answered(pod: PodSummary) -> str:
    return f"{pod.arp.outcomes['answered']} of {pod.arp.settled}" if pod.arp.settled else NONE


def _after(pod: PodSummary) -> str:
    latency = pod.arp.durations.quantile(0.5)
    return NONE if latency is None else format_duration(latency)


def _replied(pod: PodSummary) -> str:
    """How many were replied to, and how many are unknown: the loss next to it does not cover those."""
    echo: AskerSums = pod.echo
    open_ = echo.outcomes["in-flight"] + echo.unknown
    replied = f"{echo.outcomes['replied']} of {echo.settled}" if echo.settled else NONE
    return replied + (f" ({open_} open)" if open_ else "")


def _loss(pod: PodSummary) -> str:
    return NONE if pod.echo.loss is None else f"{100 * pod.echo.loss:.3g} %"


def _spread(pod: PodSummary) -> str:
    """Minimum, median, 99th percentile and maximum in one unit."""
    times: Durations = pod.echo.durations
    return _figures(times.least, times.quantile(0.5), times.quantile(0.99), times.most)


def _middle_and_most(pod: PodSummary) -> str:
    return _figures(pod.echo.durations.quantile(0.5), pod.echo.durations.most)


def _most(pod: PodSummary) -> str:
    return _figures(pod.echo.durations.most)


def _figures(*figures: int | None) -> str:
    known = [figure for figure in figures if figure is not None]
    return format_durations(known) if known else NONE


LAYOUTS: tuple[tuple[Column, ...], ...] = (
    (
        ("ARP answered", _answered),
        ("after", _after),
        ("echo replied", _replied),
        ("loss", _loss),
        ("rtt min/median/p99/max", _spread),
    ),
    (("ARP", _answered), ("echo", _replied), ("loss", _loss), ("rtt median/max", _middle_and_most)),
    (("ARP", _answered), ("echo", _replied), ("loss", _loss), ("rtt max", _most)),
)


def _dns(pod: PodSummary) -> str:
    return f"{pod.dns.outcomes['replied']} of {pod.dns.settled}" if pod.dns.settled else NONE


# Where there is room for everything.
EVERY: tuple[Column, ...] = (*LAYOUTS[0], ("DNS answered", _dns))
