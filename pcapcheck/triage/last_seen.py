"""Last seen: where a question or its answer was last recorded, as parts of sentences about its silence."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from pcapcheck.exchanges.association_row import AssociationRow
from pcapcheck.exchanges.connection_row import ConnectionRow
from pcapcheck.exchanges.datagram_row import DatagramRow
from pcapcheck.exchanges.dns_row import DnsRow
from pcapcheck.exchanges.echo_row import EchoRow
from pcapcheck.exchanges.question_row import QuestionRow
from pcapcheck.exchanges.transfer_row import TransferRow
from pcapcheck.paths.fates import came_back, fate, went_on
from pcapcheck.paths.hosts import Hosts
from pcapcheck.paths.losses import REPLY, PathLoss
from pcapcheck.plural import does
from pcapcheck.questions.unanswered import SILENT
from pcapcheck.ruleset.messages import headline_of, observed_of
from pcapcheck.ruleset.rule import Rule, placeholders
from pcapcheck.table_names import ASSOCIATIONS, CONNECTIONS, DATAGRAMS, DNS, ECHO, TRANSFERS
from pcapcheck.values import Value, format_address


class AskedPhrase(Struct, frozen=True):
    """How sentences name the questions of one table: all that were lost, and a single packet."""

    row_class: type[QuestionRow] | type[TransferRow]
    lost: str
    packet: str


ASKING = {
    ECHO: AskedPhrase(EchoRow, "they", "the request"),
    CONNECTIONS: AskedPhrase(ConnectionRow, "its SYNs", "its SYN"),
    ASSOCIATIONS: AskedPhrase(AssociationRow, "its INITs", "its INIT"),
    TRANSFERS: AskedPhrase(TransferRow, "its segments", "its segment"),
    DNS: AskedPhrase(DnsRow, "they", "the query"),
    DATAGRAMS: AskedPhrase(DatagramRow, "they", "the request"),
}


class LastPlace(Struct, frozen=True):
    """Where packets were seen last, as a sentence about several of them, or about a single one, goes on.

    ``is_clause``: as "last seen on eth0", which needs no subject. ``back``: it is about the answers.
    """

    several: str
    single: str
    is_clause: bool = False
    back: bool = False


def place_of(loss: PathLoss, interface: str, hosts: Hosts, elsewhere: bool) -> LastPlace | None:
    """Where lost packets were seen last; None if only the place where they were sent was recorded.

    ``interface`` is that of the asker, ``elsewhere`` whether other points were recorded too.
    """
    back = loss.direction == REPLY
    if loss.source is not None:
        source = f"from the wrong address, {format_address(loss.source)}"
        return LastPlace(f"come {source}", f"comes {source}", back=True)
    if loss.missing:
        return LastPlace(fate(loss, hosts), fate(loss, hosts, several=False), back=back)
    if back:
        return LastPlace(came_back(loss, interface, hosts), came_back(loss, interface, hosts, several=False), back=True)
    return seen_on(went_on(loss, hosts)) if len(loss.path.steps) > 1 or elsewhere else None


def seen_on(clause: str) -> LastPlace:
    """A place about which nothing is known except that it is the last."""
    return LastPlace(clause, clause, is_clause=True)


def silence(table: str, place: LastPlace) -> str:
    """That what a rule is about got no answer, and where it was seen last, as a sentence goes on."""
    asking = ASKING[table]
    return _silence(asking.row_class.several, asking.row_class.unheard(), asking.lost, place)


def silence_of_question(table: str, place: LastPlace) -> str:
    """The same for a question that no rule is about: it is a single question, however often it is repeated."""
    return _silence(False, SILENT, ASKING[table].lost if table in (CONNECTIONS, TRANSFERS) else "its requests", place)


def _silence(several: bool, unheard: str, lost: str, place: LastPlace) -> str:
    if place.back:
        answers = f"the replies {place.several}" if several else f"the answer {place.single}"
        return f"{does('are', several)} answered, but {answers}"
    return f"{unheard}, {place.several}" if place.is_clause else f"{unheard}: {lost} {place.several}"


def headline(rule: Rule, row: Mapping[str, Value | None], place: LastPlace, otherwise: str) -> str:
    """The rule's headline with the place in it; ``otherwise`` if it does not say that there was no answer."""
    said, unheard = row.get("fate"), ASKING[rule.table].row_class.unheard()
    if not isinstance(said, str) or not said.startswith(unheard):
        return otherwise
    # How often it was asked follows it.
    return headline_of(rule, {**row, "fate": silence(rule.table, place) + said.removeprefix(unheard)})


def observed(rule: Rule, row: Mapping[str, Value | None], place: LastPlace, where: str, otherwise: str) -> str:
    """What a rule observed, with the place; ``where`` names the frame. ``otherwise`` is what it said without."""
    said = observed_of(rule, row)
    # What follows the rule's own words stays behind them.
    rest = otherwise.removeprefix(said)
    if place.back:
        ending = row.get("ending")
        if isinstance(ending, str) and "ending" in placeholders(rule.observed):
            said = observed_of(rule, {**row, "ending": f"{ending} here"})
        return f"{said}; the {'reply' if rule.table == ECHO else 'answer'} {place.single}{where}{rest}"
    packet = "" if place.is_clause else f"{ASKING[rule.table].packet} "
    return f"{said}; {packet}{place.single}{where}{rest}"
