"""At which end of a pod link was it recorded: inside the pod, or on its node?"""

from __future__ import annotations

from pcapcheck.calico import find_cali_name, kind_of_name
from pcapcheck.links.capture_points import CALI_END, NODE_END, CapturePoint
from pcapcheck.networks import CALICO, is_of_another


def find_end(point: CapturePoint, prefix: str) -> str | None:
    """cali (or node, of other networks) or pod: the end of the pod link at which this was recorded.

    Its name shows it, or the gateway's request.
    """
    if point.kind != "pod-link":
        return None
    if point.network != CALICO and point.named_by and is_of_another(point.name):
        return NODE_END
    if point.named_by not in ("", "state", "description") and find_cali_name(point.name, prefix):
        return CALI_END
    # A file's name does not show where -i any was recorded.
    if point.named_by and kind_of_name(point.name, prefix) == "host-nic":
        return "pod" if point.named_by != "file name" or not point.by_direction else _end_by_gateway(point)
    return _end_by_gateway(point)


def _end_by_gateway(point: CapturePoint) -> str | None:
    if point.is_bridged:
        # What another pod asks for comes out of every port.
        return None
    directions = {point.groups[group].direction for group in point.gateway.askers}
    return {"in": point.node_end, "out": "pod"}.get(directions.pop() or "") if len(directions) == 1 else None
