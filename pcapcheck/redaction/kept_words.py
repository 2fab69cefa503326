"""Words that say nothing about whose machines these are: names made of them only stay as they are."""

from __future__ import annotations

from pcapcheck.nodestate.bundles.places import GENERIC
from pcapcheck.nodestate.headings import SUBJECTS

# What Kubernetes and the networks of pods call their own parts.
_SYSTEM = (
    "kube kubernetes system public lease cluster svc pod pods node nodes ns namespace service services endpoint "
    "endpoints coredns apiserver scheduler controller controllers manager etcd calico typha felix bird tigera operator "
    "cni flannel cilium canal weave projectcalico k8s io cattle longhorn kubelet kubeproxy proxy konnectivity "
    "localhost localdomain internal local com org net arpa addr in ip ip6 ip4 mcast igmp mdns allnodes allrouters "
    "tcp udp sctp icmp icmpv6 http https dns domain ssh ntp snmp bgp grpc metrics health webhook broadcasthost"
)
# Roles of machines and pods, as tests and tickets call them.
_ROLES = (
    "node nodes host hosts hostname server servers machine vm worker workers master masters control plane "
    "controlplane minion pod pods container client router gateway default root admin ubuntu debian centos fedora "
    "core ec2 user bash sh busybox alpine test tests demo example healthy faulty resolver dnsutils netshoot "
    "none all any null true false yes no unknown localhost standard input"
)
# Devices and how interfaces are called, and what captures and files are called.
_DEVICES = (
    "lo eth eth0 eth1 ens eno enp bond bond0 br br0 cni0 docker0 vxlan tunl0 tunl wireguard cali wg veth any dummy0 "
    "sit0 tap tun flannel nodelocaldns bpfin bpfout nic vlan team ib macvtap virbr0 kube ipvs0 merged recorded "
    "capture captures pcap pcapng pcapng0 pcap0 pcap1 cap tcpdump tshark wireshark txt json yaml yml log logs tar gz "
    "zip zst xz bz2 tgz state states script ring before after first last paste pastes fixtures lab made resources "
    "diagnostics proc sys etc retina links cluster dev ttl out nodestate list listing csv text ladder recording"
)
# What commands print next to names: a name that is one of these words cannot be distinguished from them.
_PRINTED = (
    "accept anywhere address all arp asymmetric backup blackhole bridge broadcast brd cache cluster complete conf "
    "connected connmark ct comment deny dead delay dev diverted down drop dst established ether excl external failed "
    "fail filter flags for forever forward forwarding from global goto group hash has host icmp if iif in incomplete "
    "inet inet6 input invalid ipv4 ipv6 jump kernel lft lifetime link linkdown lladdr load balancer loadbalancer local "
    "log lookup loopback lower main mangle mark masquerade metric mode monitor mtu multicast nat ndp neigh net new "
    "no noarp none noprefixroute noqueue noop not oif onlink out output packets permanent physdev policy port ports "
    "postrouting prerouting prefer preferred prefsrc probe proto protocol proxy qdisc qlen queue raw reachable ready "
    "reject related return route routes router running rule scope set site snat sport dport src stale state static "
    "status succeeded table tcp tentative to type udp uid unicast unknown unreachable up valid via with without "
    "completed pending active default hairpin mac name namespace network nodeport numgen only endpoints random "
    "service services session affinity source destination target prot opt chain references member members "
    "masq sep fw svc xlb ext dnat dynamic temporary secondary mngtmpaddr stable privacy"
)
KEPT_WORDS = frozenset(f"{_SYSTEM} {_ROLES} {_DEVICES} {_PRINTED}".split()) | SUBJECTS | GENERIC
