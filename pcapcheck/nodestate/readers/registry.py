"""All readers of node state. A new one is a module with a ``StateReader``, and a line here."""

from __future__ import annotations

from pcapcheck.nodestate.readers.agent_log import AGENT_LOG_READER
from pcapcheck.nodestate.readers.bgp_sessions import BGP_READER
from pcapcheck.nodestate.readers.bird_log import BIRD_LOG_READER
from pcapcheck.nodestate.readers.bridge_ports import BRIDGE_PORTS_READER
from pcapcheck.nodestate.readers.card_counters import CARD_COUNTERS_READER
from pcapcheck.nodestate.readers.complaints import LONGEST
from pcapcheck.nodestate.readers.device_managers import NETWORKCTL_READER, NMCLI_READER
from pcapcheck.nodestate.readers.fdb import FDB_READER
from pcapcheck.nodestate.readers.felix_settings import ENVIRONMENT_READER
from pcapcheck.nodestate.readers.firewall.read_firewall import FIREWALL_READER
from pcapcheck.nodestate.readers.ifconfig import IFCONFIG_READER
from pcapcheck.nodestate.readers.ip_link import LINKS_READER
from pcapcheck.nodestate.readers.ip_neigh import ARP_READER, NEIGHBOURS_READER
from pcapcheck.nodestate.readers.ip_pools import POOLS_READER
from pcapcheck.nodestate.readers.ip_route import ROUTE_TABLE_READER, ROUTES_READER
from pcapcheck.nodestate.readers.ip_rule import RULES_READER
from pcapcheck.nodestate.readers.ipvs import IPVS_READER
from pcapcheck.nodestate.readers.kernel_counters import KERNEL_COUNTERS_READER
from pcapcheck.nodestate.readers.kernel_log import LOG_READER
from pcapcheck.nodestate.readers.kubectl import PODS_READER
from pcapcheck.nodestate.readers.link_counters import DEVICES_READER
from pcapcheck.nodestate.readers.monitor import MONITOR_READER
from pcapcheck.nodestate.readers.netconf import NETCONF_READER
from pcapcheck.nodestate.readers.nstat import NSTAT_READER
from pcapcheck.nodestate.readers.offloads import ETHTOOL_READER
from pcapcheck.nodestate.readers.packet_traces import TRACE_READER
from pcapcheck.nodestate.readers.per_processor import CONNTRACK_READER, NEIGHBOUR_TABLES_READER, STATISTICS_READER
from pcapcheck.nodestate.readers.printed_clients import CLIENTS_READER
from pcapcheck.nodestate.readers.proc_net import PROC_NET_READER
from pcapcheck.nodestate.readers.protocol_counters import PROTOCOL_COUNTERS_READER
from pcapcheck.nodestate.readers.queues import BPF_READER, QUEUES_READER
from pcapcheck.nodestate.readers.resolv_conf import RESOLV_CONF_READER
from pcapcheck.nodestate.readers.route_lookups import LOOKUP_READER
from pcapcheck.nodestate.readers.service_lists import SERVICES_READER
from pcapcheck.nodestate.readers.service_rules import SERVICE_RULES_READER
from pcapcheck.nodestate.readers.state_reader import StateReader
from pcapcheck.nodestate.readers.sysctls import PROC_READER, SYSCTL_READER
from pcapcheck.nodestate.readers.tracked_flows import TRACKED_READER
from pcapcheck.nodestate.readers.ufw import UFW_READER
from pcapcheck.nodestate.readers.uname import HOSTNAME_READER, UNAME_READER
from pcapcheck.nodestate.readers.unjudged_forms import UNJUDGED_READER
from pcapcheck.nodestate.readers.wireguard_peers import WIREGUARD_READER

# The first reader that a line looks like reads it.
ALL_READERS = (
    TRACE_READER,
    MONITOR_READER,
    RULES_READER,
    LINKS_READER,
    IFCONFIG_READER,
    ROUTE_TABLE_READER,
    PODS_READER,
    SERVICES_READER,
    POOLS_READER,
    SYSCTL_READER,
    NETCONF_READER,
    NEIGHBOURS_READER,
    LOOKUP_READER,
    ARP_READER,
    ROUTES_READER,
    FDB_READER,
    BRIDGE_PORTS_READER,
    SERVICE_RULES_READER,
    IPVS_READER,
    ETHTOOL_READER,
    CARD_COUNTERS_READER,
    NSTAT_READER,
    KERNEL_COUNTERS_READER,
    PROTOCOL_COUNTERS_READER,
    RESOLV_CONF_READER,
    FIREWALL_READER,
    QUEUES_READER,
    CONNTRACK_READER,
    STATISTICS_READER,
    NEIGHBOUR_TABLES_READER,
    DEVICES_READER,
    LOG_READER,
    ENVIRONMENT_READER,
    UNAME_READER,
    PROC_NET_READER,
    TRACKED_READER,
    UFW_READER,
    BGP_READER,
    BIRD_LOG_READER,
    AGENT_LOG_READER,
    WIREGUARD_READER,
    CLIENTS_READER,
    UNJUDGED_READER,
    # Only a command shows that these read an output.
    BPF_READER,
    HOSTNAME_READER,
    NETWORKCTL_READER,
    NMCLI_READER,
    PROC_READER,
)
READERS: dict[str, StateReader] = {reader.name: reader for reader in ALL_READERS}
READER_OF_COMMAND = {command: reader.name for reader in ALL_READERS for command in reader.commands}
LOOKS = tuple((reader.name, reader.looks_like) for reader in ALL_READERS if reader.looks_like is not None)


def reader_of(text: str) -> str | None:
    """The name of the reader of a line without a command, or None. An indent marks continuation lines."""
    bare = text.strip()
    if len(text) > LONGEST or not bare:
        return None
    words = bare.split()
    for name, looks_like in LOOKS:
        if looks_like(bare, words):
            return name
    return None
