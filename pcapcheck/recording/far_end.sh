# Runs a recorder (the words from the third on) as long as somebody holds standard input open, for at most $1 seconds.
# Each line of input asks the recorder for its counters, by the signal $2, behind a line that says when that was.
# Whatever becomes of the other side - killed, cut off, gone - standard input ends, and with it the recorder.
PATH=$PATH:/usr/sbin:/sbin:/usr/local/sbin
limit=$1
signal=$2
shift 2
exec 3<&0
"$@" </dev/null 3<&- &
recorder=$!
end() {
    kill "$recorder" 2>/dev/null
    for _ in 1 2 3 4 5; do
        sleep 1 </dev/null >/dev/null 2>&1
        kill -0 "$recorder" 2>/dev/null || return
    done
    kill -9 "$recorder" 2>/dev/null
}
trap 'kill "$recorder" 2>/dev/null' HUP INT TERM
(
    trap - HUP INT TERM
    while read -r _; do
        date "+pcapcheck: at %s.%N" >&2
        kill -"$signal" "$recorder" 2>/dev/null
    done
    end
) <&3 >/dev/null &
listener=$!
exec 3<&-
(
    trap - HUP INT TERM
    while [ "$limit" -gt 0 ] && kill -0 "$recorder" 2>/dev/null; do
        sleep 1
        limit=$((limit - 1))
    done
    end
) </dev/null >/dev/null 2>&1 &
clock=$!
while :; do
    wait "$recorder"
    status=$?
    kill -0 "$recorder" 2>/dev/null || break
done
kill "$listener" "$clock" 2>/dev/null
exit "$status"
