"""The ``summary`` of the JSON document: exchanges per pod, ICMP errors, losses and paths in numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pcapcheck.exchanges.sums import AskerSums, Durations
from pcapcheck.report.icmp_errors import CountedError
from pcapcheck.report.model import Report
from pcapcheck.report.path_summaries import PathSummary
from pcapcheck.report.pod_sums import total
from pcapcheck.values import clean, format_address, format_mac, format_time

if TYPE_CHECKING:
    from pcapcheck.links.question_losses import Losses, Share
    from pcapcheck.paths.path import PathStep

# More paths are only counted.
PATHS_LISTED = 200
# Only the worst pods, peers, pairs and sizes are listed.
WORST = 20


def summary(report: Report) -> dict[str, Any]:
    """Questions and answers in total and by pod, losses, and the paths of packets."""
    arp, echo, dns = total(report.exchanges)
    return {
        "arp": _arp(arp),
        "echo": _echo(echo),
        "dns": _dns(dns),
        "pods": [
            {
                "interface": pod.link.name,
                "arp": _arp(pod.arp),
                "echo": _echo(pod.echo),
                "dns": _dns(pod.dns),
            }
            for pod in report.exchanges
        ],
        "icmp_errors": [_icmp_error(error) for error in report.icmp_errors],
        "losses": [_losses(losses) for losses in report.losses],
        "paths": _paths(report),
    }


def _arp(sums: AskerSums) -> dict[str, Any]:
    return {
        "resolutions": sums.total,
        "requests": sums.attempts,
        "answered": sums.outcomes["answered"],
        "unanswered": sums.outcomes["unanswered"],
        "in_flight": sums.outcomes["in-flight"],
        "unknown": sums.unknown,
        "latency": _durations(sums.durations),
    }


def _echo(sums: AskerSums) -> dict[str, Any]:
    return {
        "requests": sums.total,
        "replied": sums.outcomes["replied"],
        "icmp_errors": sums.outcomes["error"],
        "expired": sums.outcomes["expired"],
        "unanswered": sums.outcomes["unanswered"],
        "in_flight": sums.outcomes["in-flight"],
        "unknown": sums.unknown,
        "duplicates": sums.duplicates,
        "loss": sums.loss,
        "rtt": _durations(sums.durations),
    }


def _dns(sums: AskerSums) -> dict[str, Any]:
    return {
        "questions": sums.total,
        "queries": sums.attempts,
        "answered": sums.outcomes["replied"],
        # No DNS query is meant to expire, so a query that did was lost to an error.
        "icmp_errors": sums.outcomes["error"] + sums.outcomes["expired"],
        "unanswered": sums.outcomes["unanswered"],
        "in_flight": sums.outcomes["in-flight"],
        "unknown": sums.unknown,
        "latency": _durations(sums.durations),
    }


def _durations(durations: Durations) -> dict[str, float] | None:
    """Seconds, or None if there is none. Percentiles are at most 1 % off."""
    if durations.least is None or durations.most is None:
        return None
    return {
        "min": durations.least / 1e9,
        "median": (durations.quantile(0.5) or 0) / 1e9,
        "p99": (durations.quantile(0.99) or 0) / 1e9,
        "max": durations.most / 1e9,
    }


def _icmp_error(error: CountedError) -> dict[str, Any]:
    return {
        "capture": clean(str(error.capture.path)),
        "family": error.family,
        "icmp_type": error.icmp_type,
        "icmp_code": error.icmp_code,
        "from": format_address(error.source),
        "mtu": error.mtu,
        "count": error.count,
    }


def _losses(losses: Losses) -> dict[str, Any]:
    """How the losses of a table are spread."""
    return {
        "table": losses.table,
        "questions": losses.asked,
        "failed": losses.failed,
        "icmp_errors": losses.icmp_errors,
        "share": losses.share,
        "partial": losses.partial,
        "pattern": losses.follows if losses.follows else "nothing" if losses.is_conclusive else None,
        "outlier": _share(losses.suspect) if losses.suspect else None,
        "counts": {
            "pods": len(losses.pods),
            "peers": len(losses.peers),
            "pairs": len(losses.pairs),
            "sizes": len(losses.sizes),
        },
        "pods": [_share(share) for share in losses.pods.worst(WORST)],
        "peers": [_share(share) for share in losses.peers.worst(WORST)],
        "pairs": [_share(share) for share in losses.pairs.worst(WORST)],
        "sizes": [{**_share(share), "subject": [str(share.who)]} for share in losses.sizes.worst(WORST)],
        "outages": [
            {
                "first": format_time(outage.first),
                "last": format_time(outage.last),
                "questions": outage.asked,
                "failed": outage.failed,
            }
            for outage in losses.outages
        ],
    }


def _share(share: Share) -> dict[str, Any]:
    parts = share.who if isinstance(share.who, tuple) else (share.who,)
    subject = [format_address(part) if part >> 32 else str(part) for part in parts]
    return {"subject": subject, "questions": share.asked, "failed": share.failed, "icmp_errors": share.icmp_errors}


def _paths(report: Report) -> dict[str, Any]:
    paths, summaries = report.followed, report.path_summaries
    return {
        "packets": sum(path.count for path in summaries),
        "sampled_one_in": paths.share,
        "not_followed": paths.lost + (paths.groups.beyond if paths.groups else 0),
        "encrypted": paths.opaque,
        "clocks": [
            {
                "capture": _capture(report, clock.capture),
                "reference": _capture(report, clock.reference),
                "offset": clock.offset / 1e9,
                "packets": clock.packets,
                "both_directions": clock.both_ways,
            }
            for clock in paths.clocks.values()
            if clock.capture != clock.reference
        ],
        "size_limits": [
            {
                "src": format_address(limit.src),
                "dst": format_address(limit.dst),
                "smallest_lost": limit.lost,
                "largest_arrived": limit.arrived,
                "packet": limit.packet,
                "replies_lost": limit.back,
                "icmp_errors": [{"mtu": mtu, "from": format_address(source)} for mtu, source in limit.icmp_errors],
            }
            for limit in paths.size_limits
        ],
        "paths": [_path(report, path) for path in summaries[:PATHS_LISTED]],
        "more_paths": max(0, len(summaries) - PATHS_LISTED),
    }


def _path(report: Report, summary: PathSummary) -> dict[str, Any]:
    return {
        "packet": summary.path.packet,
        "packets": summary.count,
        "lost": summary.lost,
        "shortest": summary.shortest,
        "longest": summary.longest,
        "steps": [_step(report, step) for step in summary.path.steps],
        "latencies": [
            {"median": latency.median / 1e9, "p99": latency.p99 / 1e9, "max": latency.most / 1e9}
            for latency in summary.path.latencies
        ],
    }


def _step(report: Report, step: PathStep) -> dict[str, Any]:
    group = step.spot.group
    return {
        "capture": _capture(report, step.spot.capture),
        "interface": step.spot.point.name,
        "src": format_address(step.src),
        "dst": format_address(step.dst),
        "ttl": step.ttl,
        "eth_src": None if group.src is None else format_mac(group.src),
        "eth_dst": None if group.dst is None else format_mac(group.dst),
        "encap": step.encap,
        "outer_src": format_address(step.outer[0]) if step.outer else None,
        "outer_dst": format_address(step.outer[1]) if step.outer else None,
    }


def _capture(report: Report, number: int) -> str:
    return clean(str(report.captures[number].capture.path))
