"""Read what people have of a node: files of pasted sessions, of JSON, or of ``pcapcheck node-script``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from pcapcheck.capture import not_a_capture
from pcapcheck.capture.compressed import compression_of
from pcapcheck.capture.held import Held
from pcapcheck.capture.pcap import MAGICS
from pcapcheck.capture.pcapng import MAGIC
from pcapcheck.capture.plain_bytes import read_plain
from pcapcheck.capture.record import Problem
from pcapcheck.capture.source import Source
from pcapcheck.capture.text.encodings import decoded, is_binary
from pcapcheck.errors import A_CAPTURE, EMPTY, MISSING, TOO_LARGE, CaptureError, StateError, kind_of, refused
from pcapcheck.nodestate.bundles.bundled_file import BundledFile
from pcapcheck.nodestate.bundles.known_bundles import KnownBundles
from pcapcheck.nodestate.command_line import parse_command
from pcapcheck.nodestate.command_listing import listing_of
from pcapcheck.nodestate.host import POD, Host
from pcapcheck.nodestate.host_network import mark_listed, with_nodes
from pcapcheck.nodestate.mixed_up import mark_mixed_up
from pcapcheck.nodestate.network_kind import sort_out
from pcapcheck.nodestate.pod_links import join_links
from pcapcheck.nodestate.readers.unjudged_forms import form_of_names
from pcapcheck.nodestate.roles import GATEWAY, Roles
from pcapcheck.nodestate.session import read_session
from pcapcheck.nodestate.session_blocks import Understood, understand
from pcapcheck.nodestate.shortened import complete_names
from pcapcheck.nodestate.source_lines import Line
from pcapcheck.nodestate.state import State
from pcapcheck.values import clean

MOST_BYTES = 16 << 20
MOST_LINES = 500_000
MOST_POD_LINKS = 5000
PREFIX = "cali"
PROXY_MAC = 0xEEEEEEEEEEEE
# What the files with these texts are for.
PASTE = (
    "paste the output of ip addr, ip route, ip neigh and sysctl, "
    "or run on the node the script that 'pcapcheck node-script' prints"
)
# Takes a file that cannot be used, and why.
Skip = Callable[[Path, StateError], None]


def read_state(
    paths: Iterable[str | Path | Held],
    prefix: str = PREFIX,
    gateway: int = GATEWAY,
    proxy_mac: int = PROXY_MAC,
    skip: Skip | None = None,
    found: Mapping[Path, Path] | None = None,
) -> State:
    """What the files tell of nodes and pods. ``prefix`` begins the names of pod interfaces.

    ``found`` are files of bundles, each with its bundle: where they stand there says whose they are.

    A file that cannot be read, is too large, or holds nothing that is understood goes to ``skip``. Raises StateError
    for the first of them if there is no ``skip``, or if no file can be used.
    """
    given = [path if isinstance(path, Held) else Path(path) for path in paths]
    bundles = KnownBundles(found or {})
    understood = _understood(given, skip, bundles)
    state = understood.state
    state.bundles = list(bundles.used.values())
    roles = Roles(prefix, gateway)
    mark_listed(state.pods, understood.parts, roles)
    state.hosts = roles.sort(with_nodes(understood.parts, state.pods, roles))
    mark_mixed_up(state.hosts, prefix, gateway, proxy_mac)
    for host in state.hosts:
        for contradiction in host.contradictions:
            state.complain(
                contradiction.line,
                f"{contradiction.text}: two hosts or two times in one, so nothing is concluded from {_what(host)}; "
                "put the name of its host above each output, or give a file per host",
            )
    complete_names(state, prefix)
    state.links = join_links(state, prefix)
    sort_out(state, prefix, gateway, proxy_mac)
    if len(state.links) > MOST_POD_LINKS:
        error = StateError(
            f"more than {MOST_POD_LINKS} pod links are described; leave out what is not about this node", TOO_LARGE
        )
        if skip is not None:
            skip(_path(given[-1]), error)
        raise error
    return state


def _what(host: Host) -> str:
    """How a message calls a host."""
    if host.role == POD:
        return clean(f"the pod {host.label}" if host.name else "that pod")
    return clean(f"the state of {host.label}")


def _understood(paths: list[Path | Held], skip: Skip | None, bundles: KnownBundles) -> Understood:
    understood, used = Understood(), 0
    refusals: list[tuple[Path | Held, StateError]] = []
    for path in paths:
        try:
            _take(path, understood, bundles.file_at(_path(path)))
            used += 1
        except StateError as error:
            if skip is None:
                raise
            refusals.append((path, error))
            if error.kind == TOO_LARGE and used:
                # Half of it may have been understood: all the others again, without it.
                others = [path for path in paths if all(path is not refused for refused, _ in refusals)]
                return _told(refusals, skip, _understood(others, skip, bundles))
    _told(refusals, skip, understood)
    if not used and refusals:
        raise refusals[0][1]
    return understood


def _told(refusals: list[tuple[Path | Held, StateError]], skip: Skip | None, understood: Understood) -> Understood:
    for path, error in refusals:
        if skip is not None:
            skip(_path(path), error)
    return understood


def _path(given: Path | Held) -> Path:
    return given.path if isinstance(given, Held) else given


def _take(path: Path | Held, understood: Understood, bundled: BundledFile | None) -> None:
    """Read one file."""
    before = understood.size
    name = clean(str(path))
    damage: list[Problem] = []
    data = _read(path, name, damage)
    if data[:4] in MAGICS or data[:4] == MAGIC:
        raise _is_a_capture(name)
    if is_binary(data):
        raise _not_understood(path, name, data, "binary data")
    text = decoded(data)
    lines = text.split("\n", MOST_LINES + 1)
    if len(lines) > MOST_LINES:
        raise _too_large(name, f"more than {MOST_LINES} lines")
    if not text.strip() and not _may_be_blank(bundled):
        raise StateError(
            f"{name}: the file is blank: it says nothing about a node or a pod; "
            "where a command printed nothing, paste it "
            "with its prompt too, or run on the node the script that 'pcapcheck node-script' prints",
            EMPTY,
        )
    read = [Line(str(path), number, line.rstrip("\r")) for number, line in enumerate(lines, 1)]
    is_cut = bundled is not None and bundled.command is not None and bool(lines[-1].strip())
    by_name = bundled is not None and not bundled.by_hand and is_cut
    if (by_name or damage) and lines[-1].strip() and read[1:]:
        # What stands there may be the beginning of another address.
        read.pop()
    try:
        for block in read_session(read, str(path), bundled):
            if block.last and block.by_name and is_cut:
                # What a command prints ends with a line end.
                block.trimmed = True
                understood.state.complain(
                    read[-1], "the file ends within a line, so what is missing in it proves nothing"
                )
            if block.last and damage:
                block.trimmed = True
                said = f"{damage[0].message}; what is missing behind it proves nothing; copy it again"
                understood.state.complain(read[-1], said)
            understand(block, understood)
    except StateError as error:
        raise StateError(f"{name}: {error}", TOO_LARGE) from None
    if understood.size == before:
        _take_names(path, lines, understood.state)
    if understood.size == before:
        raise _not_understood(path, name, data)


def _take_names(path: Path | Held, lines: list[str], state: State) -> None:
    """Count the lines of a file that is called after what its bare names are."""
    form = form_of_names(_path(path).name, lines)
    if form is None:
        return
    for number, text in enumerate(lines, 1):
        if text.strip():
            state.leave_unjudged(form, Line(str(path), number, text))


def _may_be_blank(bundled: BundledFile | None) -> bool:
    """Whether a blank file is an answer: a node may know no neighbour, and has addresses, routes and rules."""
    listing = listing_of(parse_command(bundled.command)) if bundled is not None and bundled.command else None
    return listing is not None and not listing.whole & {"links", "addresses4", "routes4", "local4", "rules4"}


def _not_understood(path: Path | Held, name: str, data: bytes, otherwise: str = "") -> StateError:
    """What a file is if nothing of it is understood; ``otherwise`` if its first bytes do not tell."""
    try:
        with Source(_path(path), held=path if isinstance(path, Held) else None).open(1):
            return _is_a_capture(name)
    except CaptureError:
        pass
    packed = compression_of(data[:8])
    if packed is not None:
        return StateError(f"{name}: packed by {packed.name}; unpack it first: {packed.command} -dc IN > OUT")
    known = not_a_capture.recognise(data[: not_a_capture.ENOUGH])
    what = known.what if known else otherwise
    what = f" ({what})" if what else ""
    return StateError(f"{name}: nothing in it was understood as describing a node or a pod{what}; {PASTE}")


def _is_a_capture(name: str) -> StateError:
    return StateError(f"{name}: a capture, not a node's state; judge it with: pcapcheck analyze {name}", A_CAPTURE)


def _too_large(name: str, what: str) -> StateError:
    return StateError(f"{name}: {what}; leave out what is not about this node", TOO_LARGE)


def _read(path: Path | Held, name: str, damage: list[Problem]) -> bytes:
    try:
        data = read_plain(path, name, MOST_BYTES + 1, damage)
    except CaptureError as error:
        raise StateError(str(error), error.kind) from None
    except ValueError:
        raise StateError(
            f"{name}: no file has such a name; give a text file that holds the output of commands", MISSING
        ) from None
    except OSError as error:
        raise StateError(
            f"{name}: {refused(error, 'give a text file that holds the output of commands')}", kind_of(error)
        ) from None
    if len(data) > MOST_BYTES:
        raise _too_large(name, f"larger than {MOST_BYTES >> 20} MiB")
    return data
