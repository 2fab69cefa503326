#!/bin/sh
# Prints the state of a Calico node and of the pods on it, for "pcapcheck state" and "pcapcheck analyze --node-state".
# It changes nothing. Run it as root on the node and keep what it prints:
#
#   pcapcheck node-script | ssh NODE sudo sh > NODE.txt
#
# or, with kubectl only (the node's tools are used through chroot; --profile=sysadmin needs kubectl 1.27 or newer):
#
#   pcapcheck node-script > node-state.sh
#   kubectl debug node/NODE -i --profile=sysadmin --image=busybox -- chroot /host sh < node-state.sh > NODE.txt
#
# or through the calico-node pod, which has the node's network but cannot look into pods:
#
#   kubectl exec -i -n kube-system CALICO-NODE-POD -c calico-node -- sh < node-state.sh > NODE.txt
#
# Where pods cannot be entered from here, run the commands below the heading "pod" in them (kubectl exec POD -- ...).
# Words after the script's name (sh -s -- NAME ...) are the only network namespaces or process ids that it looks into.

GATEWAY=${GATEWAY:-169.254.1.1}
PREFIX=${PREFIX:-cali}
PCAPCHECK_NODE=${PCAPCHECK_NODE:-$(uname -n)}
LC_ALL=C
PATH=$PATH:/usr/sbin:/sbin:/usr/local/sbin
export LC_ALL PATH

# What the kernel says where it loses packets.
LOSSES='table full, dropping|table overflow|martian source|Unit Hang|NETDEV WATCHDOG|Reset adapter|[Ll]ink (is )?[Dd]own'

# What leads into the network namespace that is being looked at; nothing for this one.
ENTER=

has() {
    command -v "$1" >/dev/null 2>&1
}

# Show a command as it would be typed there, then run it; its complaints belong to what it says.
run() {
    printf '$ %s\n' "$*"
    # shellcheck disable=SC2086 # ENTER is several words or none.
    $ENTER "$@" 2>&1
    echo
}

quietly() {
    # shellcheck disable=SC2086
    $ENTER "$@" >/dev/null 2>&1
}

# Each setting with its file's name before it. The patterns are for the shell inside.
settings() {
    conf=/proc/sys/net/ipv4/conf
    conf6=/proc/sys/net/ipv6/conf
    files="/proc/sys/net/ipv4/ip_forward /proc/sys/net/ipv4/icmp_echo_ignore_all /proc/sys/net/ipv4/icmp_ratelimit"
    for key in proxy_arp forwarding rp_filter arp_ignore arp_filter route_localnet; do
        files="$files $conf/*/$key"
    done
    files="$files /proc/sys/net/ipv4/neigh/*/proxy_delay"
    for key in forwarding disable_ipv6 proxy_ndp; do
        files="$files $conf6/*/$key"
    done
    filter=/proc/sys/net/netfilter
    files="$files $filter/nf_conntrack_count $filter/nf_conntrack_max $filter/nf_conntrack_tcp_be_liberal"
    files="$files /proc/sys/net/ipv4/neigh/default/gc_thresh3 /proc/sys/net/ipv6/neigh/default/gc_thresh3"
    echo '$ grep . /proc/sys/net/...'
    # shellcheck disable=SC2086
    $ENTER sh -c "grep . /dev/null $files 2>/dev/null"
    echo
}

# Links, addresses, routes, rules and neighbours by whichever tool is there.
network() {
    if has ip; then
        if quietly ip -d addr; then run ip -d addr; else run ip addr; fi
        if quietly ip -4 route show table all; then
            run ip -4 route show table all
            run ip -6 route show table all
        else
            run ip route
            run ip -6 route
        fi
        run ip -4 rule
        run ip -6 rule
        run ip -4 neigh
        run ip -6 neigh
        if quietly ip neigh show proxy; then run ip neigh show proxy; fi
        run ip route get "$GATEWAY"
    else
        if has ifconfig; then run ifconfig -a; fi
        if has route; then run route -n; fi
        run cat /proc/net/arp
    fi
}

# What only the kernel can tell: where it would send what is for a pod, and what a pod asks of the gateway.
ways_of_pods() {
    has ip || return 0
    ip -4 route show 2>/dev/null | while read -r address rest; do
        case " $rest" in
        *" dev $PREFIX"*) ;;
        *) continue ;;
        esac
        case $address in
        default | */* | [!0-9]*) continue ;;
        esac
        device=${rest#*dev }
        device=${device%% *}
        run ip route get "$address"
        run ip route get "$GATEWAY" from "$address" iif "$device"
    done
}

offloads() {
    has ethtool || return 0
    # Without iproute2 the table of routes has the default's card in its first column.
    nic=$(ip route show default 2>/dev/null | sed -n 's/.* dev \([^ ]*\).*/\1/p' | head -n 1)
    [ -n "$nic" ] || nic=$(sed -n 's/^\([^[:space:]]*\)[[:space:]]*00000000[[:space:]].*/\1/p' /proc/net/route 2>/dev/null | head -n 1)
    for device in vxlan.calico vxlan-v6.calico tunl0 wireguard.cali $nic; do
        if [ -d "/proc/sys/net/ipv4/conf/$device" ]; then run ethtool -k "$device"; fi
    done
}

# Behind which node the tunnel has each of the others' ends; the network identifier stands in ip -d addr.
tunnels() {
    has bridge || return 0
    for device in vxlan.calico vxlan-v6.calico; do
        if [ -d "/proc/sys/net/ipv4/conf/$device" ]; then run bridge fdb show dev "$device"; fi
    done
}

# The services of kube-proxy's IPVS mode; those of its other modes stand in the firewall.
services() {
    [ -d /proc/sys/net/ipv4/conf/kube-ipvs0 ] || return 0
    if has ipvsadm; then run ipvsadm -Ln; else run cat /proc/net/ip_vs; fi
}

# What interfaces and their queues dropped. The script reads it first and last: what grew meanwhile still drops.
drops() {
    if quietly ip -s -s link; then run ip -s -s link; else run cat /proc/net/dev; fi
    if quietly tc -s qdisc; then run tc -s qdisc; fi
}

# The same of what the node has once: per processor, of its tables, and what the kernel wrote of lost packets.
counters() {
    drops
    run cat /proc/net/softnet_stat
    if has conntrack && quietly conntrack -S; then
        run conntrack -S
    elif [ -r /proc/net/stat/nf_conntrack ]; then
        run cat /proc/net/stat/nf_conntrack
    fi
    for table in arp_cache ndisc_cache; do
        if [ -r "/proc/net/stat/$table" ]; then run cat "/proc/net/stat/$table"; fi
    done
    protocols
}

# Entries of connection tracking that were never answered: those of UDP may have outlived whom they were made for.
tracked() {
    if quietly test -r /proc/net/nf_conntrack; then
        run grep -m 200 'udp.*UNREPLIED' /proc/net/nf_conntrack
    elif has conntrack && quietly conntrack -L -p udp; then
        echo '$ conntrack -L -p udp'
        conntrack -L -p udp 2>/dev/null | grep -m 200 UNREPLIED
        echo
    fi
}

# What each protocol counted. -s: nstat's history file is left as it is.
protocols() {
    if quietly nstat -asz; then
        run nstat -asz IpInHdrErrors IpInAddrErrors IpForwDatagrams IpInDiscards IpOutDiscards IpOutNoRoutes \
            IpFragFails IcmpInCsumErrors IcmpOutDestUnreachs IpExtInNoRoutes IpExtInCsumErrors TcpInCsumErrors \
            TcpInErrs TcpRetransSegs TcpExtIPReversePathFilter TcpExtListenOverflows TcpExtListenDrops UdpNoPorts \
            UdpInErrors UdpRcvbufErrors UdpInCsumErrors Ip6InHdrErrors Ip6InNoRoutes Ip6OutNoRoutes Ip6InDiscards \
            Ip6OutDiscards Icmp6InCsumErrors Udp6InErrors Udp6InCsumErrors
        return 0
    fi
    for file in snmp netstat snmp6; do
        if quietly test -r "/proc/net/$file"; then run cat "/proc/net/$file"; fi
    done
}

# Whom a pod asks for names: its own file, which only somebody in it shows.
resolver() {
    echo '$ cat /etc/resolv.conf'
    case $1 in
    *[!0-9]*)
        cat "/etc/netns/$1/resolv.conf" 2>/dev/null
        ;;
    *)
        cat "/proc/$1/root/etc/resolv.conf" 2>/dev/null
        ;;
    esac
    echo
}

# The policers at the node's ends of the pods' links, which drop before anything is routed.
policers() {
    has tc || return 0
    tc qdisc show 2>/dev/null | grep -E ' (ingress|clsact) ' | while read -r _ _ _ _ device _; do
        case $device in
        "$PREFIX"*) run tc -s filter show dev "$device" ingress ;;
        esac
    done
}

# Only lines about lost packets: a log may hold anything. Their times count from the kernel's start.
kernel_log() {
    has dmesg || return 0
    echo '$ grep btime /proc/stat'
    grep '^btime ' /proc/stat 2>/dev/null
    echo
    echo '$ dmesg | grep ...'
    dmesg 2>/dev/null | grep -E "$LOSSES" | tail -n 50
    echo
}

# All rules: what a rule does to a packet depends on those before it. What iptables keeps by itself nft does not show.
firewall() {
    echo '$ cat /proc/net/ip_tables_names /proc/net/ip6_tables_names'
    # shellcheck disable=SC2086
    $ENTER cat /proc/net/ip_tables_names /proc/net/ip6_tables_names 2>/dev/null
    echo
    echo '$ cat /proc/net/arp_tables_names'
    # shellcheck disable=SC2086
    $ENTER cat /proc/net/arp_tables_names 2>/dev/null
    echo
    # shellcheck disable=SC2086
    if $ENTER grep -q . /proc/net/arp_tables_names 2>/dev/null && has arptables-legacy-save; then
        run arptables-legacy-save
    fi
    for version in "" 6; do
        # Such a file has no size, whatever it holds.
        # shellcheck disable=SC2086
        $ENTER grep -q . "/proc/net/ip${version}_tables_names" 2>/dev/null || continue
        if has "ip${version}tables-legacy-save"; then
            run "ip${version}tables-legacy-save" -c
        elif has "ip${version}tables-save"; then
            run "ip${version}tables-save" -c
        fi
    done
    if has nft; then
        run nft list ruleset
    elif has iptables-save; then
        run iptables-save -c
        run ip6tables-save -c
    fi
}

managers() {
    if has nmcli; then run nmcli device; fi
    if has networkctl; then run networkctl list --no-pager --no-legend; fi
}

# Signs of the eBPF data plane: a program at a cali, and Felix's own settings.
ebpf() {
    for folder in /proc/sys/net/ipv4/conf/"$PREFIX"*; do
        if [ -d "$folder" ] && has tc; then run tc filter show dev "${folder##*/}" ingress; fi
        break
    done
    for process in /proc/[0-9]*; do
        grep -qx calico-node "$process/comm" 2>/dev/null || continue
        echo '$ env | grep FELIX_BPF'
        tr '\000' '\n' 2>/dev/null <"$process/environ" | grep '^FELIX_BPF'
        echo
        break
    done
}

# NAMESPACE/POD of a process: the pod's uid stands in its cgroup, and in the name of the folder of its logs.
pod_of() {
    uid=$(sed -n 's/.*pod\([0-9a-f]\{8\}[-_][0-9a-f_-]\{27\}\).*/\1/p' "/proc/$1/cgroup" 2>/dev/null | head -n 1 | tr _ -)
    [ -n "$uid" ] || return 0
    for folder in /var/log/pods/*_"$uid"; do
        [ -d "$folder" ] || continue
        folder=${folder##*/}
        folder=${folder%_*}
        echo "${folder%%_*}/${folder#*_}"
        return 0
    done
}

# A network namespace by the process id of somebody in it, or by its name below /run/netns.
look_into() {
    name=
    case $1 in
    *[!0-9]*)
        ENTER="ip netns exec $1"
        ;;
    *)
        name=$(pod_of "$1")
        ENTER="nsenter -t $1 -n"
        ;;
    esac
    # One with nothing but lo is no pod's.
    # shellcheck disable=SC2086
    if $ENTER sh -c 'ls /proc/sys/net/ipv4/conf' 2>/dev/null | grep -qvxE 'all|default|lo|tunl0|ip6tnl0|sit0'; then
        if [ -n "$name" ]; then echo "### pod $name"; else echo "### network namespace $1"; fi
        echo
        network
        settings
        drops
        protocols
        resolver "$1"
        firewall
    fi
    ENTER=
}

# Every network namespace but the node's own, by the first process that is in it.
look_into_all() {
    seen=" $(readlink /proc/self/ns/net) $(readlink /proc/1/ns/net 2>/dev/null) "
    for process in /proc/[0-9]*; do
        space=$(readlink "$process/ns/net" 2>/dev/null)
        case "$seen" in
        *" $space "*) continue ;;
        esac
        seen="$seen$space "
        look_into "${process##*/}"
    done
}

echo "### node $PCAPCHECK_NODE"
echo
run uname -r
counters
tracked
network
ways_of_pods
settings
ebpf
managers
offloads
tunnels
services
policers
firewall
kernel_log
if [ $# -gt 0 ]; then
    for space in "$@"; do look_into "$space"; done
elif has nsenter; then
    look_into_all
else
    echo '### Pods cannot be entered from here: nsenter is missing.'
fi
# Whose counters are read again is the node, whatever was looked into meanwhile.
echo "### node $PCAPCHECK_NODE"
echo
counters
