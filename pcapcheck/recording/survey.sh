# Prints what a recording has to know of the network that this runs in: a line per fact, its kind first.
# The words are addresses, whose ways are asked for, and uids of pods, whose processes are looked for.
PATH=$PATH:/usr/sbin:/sbin:/usr/local/sbin
LC_ALL=C
export LC_ALL PATH
echo "host $(uname -n)"
echo "kernel $(uname -r)"
for tool in tcpdump dumpcap ip ping nsenter; do
    if command -v "$tool" >/dev/null 2>&1; then echo "tool $tool"; fi
done
tcpdump --version 2>&1 | sed -n 's/^tcpdump version/version tcpdump/p'
ip -o link show 2>/dev/null | sed 's/^/link /'
ip -o addr show scope global 2>/dev/null | sed 's/^/address /'
ip -o -4 route show default 2>/dev/null | sed 's/^/default /'
ip -o -6 route show default 2>/dev/null | sed 's/^/default /'
for word in "$@"; do
    case $word in
    *-*)
        under=$(echo "$word" | tr - _)
        for process in /proc/[0-9]*; do
            if grep -q -e "$word" -e "$under" "$process/cgroup" 2>/dev/null; then
                echo "process $word ${process##*/}"
                sed -n "s/^nameserver/resolver $word/p" "$process/root/etc/resolv.conf" 2>/dev/null
                break
            fi
        done
        ;;
    *)
        ip -o route get "$word" 2>/dev/null | sed "s/^/route $word /"
        ;;
    esac
done
