"""Which links hold: against a slow reference written for small graphs, and case by case."""

import importlib.util
from collections.abc import Iterator
from itertools import combinations, pairwise
from types import SimpleNamespace

import duckdb
import networkx as nx
import pyarrow as pa
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from millwright.matching.clusters import DECISIONS, LINKS, decide_links

Link = tuple[str, str, str, str, float | None]
Values = dict[str, tuple[str | None, ...]]


def steward(left: str, right: str) -> Link:
    return ("steward", "decision", left, right, None)


def veto(left: str, right: str) -> Link:
    return ("must_not", "decision", left, right, None)


def same(rule: str, *records: str) -> list[Link]:
    return [("same", rule, records[0], record, None) for record in records[1:]]


def match(left: str, right: str, weight: float = 5.0) -> Link:
    return ("match", "name", *sorted((left, right)), weight)


def clique(records: str, weight: float = 5.0) -> list[Link]:
    return [match(left, right, weight) for left, right in combinations(records, 2)]


def decide(links: list[Link], values: Values | None = None, **settings: int) -> list[dict]:
    """Decisions about links; `values` are a record's account and passport."""
    values = values or {}
    exclusive = pa.table(
        {
            "record_key": pa.array(list(values), pa.string()),
            "account_number": pa.array([row[0] for row in values.values()], pa.string()),
            "passport": pa.array([row[1] if len(row) > 1 else None for row in values.values()], pa.string()),
        }
    )
    rows = [dict(zip(LINKS.names, link, strict=True)) for link in links]
    decisions = decide_links(pa.Table.from_pylist(rows, schema=LINKS), exclusive, **settings)
    assert decisions.schema == DECISIONS
    return decisions.to_pylist()


def refusals(decisions: list[dict]) -> dict[tuple[str, str, str], str]:
    return {
        (row["link_kind"], row["left_key"], row["right_key"]): row["refusal_reason"]
        for row in decisions
        if not row["is_accepted"]
    }


def clusters_of(decisions: list[dict]) -> dict[str, str]:
    return {row[f"{side}_key"]: row[f"{side}_cluster"] for row in decisions for side in ("left", "right")}


# The reference: sets of records, and paths instead of regions.


class Constraint:
    """Nodes, which are sets of records, with unlike values must not be joined."""

    def __init__(self, reason: str, value_of_record: dict[str, object]):
        self.reason, self.value_of_record = reason, value_of_record

    def value(self, node: object) -> object:
        records = node if isinstance(node, frozenset) else ()
        return next((self.value_of_record[record] for record in records if record in self.value_of_record), None)

    def violated(self, nodes: list[frozenset]) -> bool:
        return len({self.value(node) for node in nodes} - {None}) > 1

    def refused(self, graph: nx.Graph) -> Iterator[frozenset]:
        """First and last edges of the paths between unlike values without a value in between."""
        for start, end in combinations([node for node in graph if self.value(node) is not None], 2):
            if self.value(start) != self.value(end):
                for path in nx.all_simple_paths(graph, start, end):
                    if all(self.value(node) is None for node in path[1:-1]):
                        yield frozenset(path[:2])
                        yield frozenset(path[-2:])


def merged(nodes: set[frozenset], edges: list[tuple]) -> set[frozenset]:
    graph = nx.Graph(edges)
    graph.add_nodes_from(nodes)
    return {
        frozenset(record for node in part if isinstance(node, frozenset) for record in node)
        for part in nx.connected_components(graph)
    }


def node_of(nodes: set[frozenset], record: str) -> frozenset:
    return next(node for node in nodes if record in node)


def first_reason(constraints: list[Constraint], violated: list[Constraint]) -> str:
    return min(violated, key=lambda constraint: REASONS.index(constraint.reason)).reason


REASONS = ["must not match", "contradiction: account_number", "contradiction: passport"]


def reference(links: list[Link], values: Values, max_records: int, min_bridge_side: int) -> dict | None:
    """Cluster by record, and the refused links with their reasons; None if the steward contradicts themselves."""
    links = {link[:4]: link for link in sorted(links, key=lambda link: link[4] or 0)}.values()
    vetoes = [link[2:4] for link in links if link[0] == "must_not"]
    links = [link for link in links if link[0] != "must_not"]
    everything = nx.Graph([link[2:4] for link in links])
    nodes = merged(
        {frozenset([record]) for record in everything},
        [(frozenset([link[2]]), frozenset([link[3]])) for link in links if link[0] == "steward"],
    )
    if any({left, right} <= node for left, right in vetoes for node in nodes):
        return None

    constraints = [Constraint("must not match", {left: 0, right: 1}) for left, right in vetoes]
    for column, reason in enumerate(REASONS[1:]):
        by_record = {}
        for part in nx.connected_components(everything):
            valued = {r: values[r][column] for r in part if r in values and values[r][column] is not None}
            equal = nx.Graph()
            equal.add_nodes_from(valued.values())
            for node in nodes:
                nx.add_path(equal, [valued[record] for record in node if record in valued])
            names = {value: min(group) for group in nx.connected_components(equal) for value in group}
            by_record |= {record: names[value] for record, value in valued.items()}
        constraints.append(Constraint(reason, by_record))

    refused: dict[Link, str] = {}

    # Identifiers.
    identifiers = {}
    for rule in sorted({link[1] for link in links if link[0] == "same"}):
        of_rule = nx.Graph([link[2:4] for link in links if link[:2] == ("same", rule)])
        for part in nx.connected_components(of_rule):
            identifiers[rule, min(part)] = (
                frozenset(part),
                [link for link in links if link[:2] == ("same", rule) and link[2] in part],
            )

    def give_up(identifier: tuple, reason: str) -> None:
        for link in identifiers.pop(identifier)[1]:
            refused[link] = reason

    for identifier, (records, _) in list(identifiers.items()):
        violated = [c for c in constraints if c.violated([node_of(nodes, record) for record in records])]
        if len(records) > max_records:
            give_up(identifier, "too many records")
        elif violated:
            give_up(identifier, first_reason(constraints, violated))
    graph = nx.Graph((i, node_of(nodes, record)) for i, (records, _) in identifiers.items() for record in records)
    violated = {}
    for constraint in constraints:
        for edge in constraint.refused(graph):
            for identifier in edge & identifiers.keys():
                violated.setdefault(identifier, []).append(constraint)
    for identifier, of_identifier in violated.items():
        give_up(identifier, first_reason(constraints, of_identifier))
    while True:
        edges = [(i, node_of(nodes, record)) for i, (records, _) in identifiers.items() for record in records]
        too_large = [node for node in merged(nodes, edges) - nodes if len(node) > max_records]
        if not too_large:
            break
        inside = [i for i, (records, _) in identifiers.items() if records <= too_large[0]]
        most = max(len(identifiers[i][0]) for i in inside)
        for identifier in [i for i in inside if len(identifiers[i][0]) == most]:
            give_up(identifier, "too many records")
    units = nodes = merged(nodes, edges)

    # Pairs.
    matches = [link for link in links if link[0] == "match"]
    for weight in sorted({link[4] for link in matches}, reverse=True):
        batch = [link for link in matches if link[4] == weight]
        graph = nx.Graph()
        for link in batch:
            left, right = node_of(nodes, link[2]), node_of(nodes, link[3])
            if left != right:
                graph.add_edge(left, right)
        violated = {}
        for constraint in constraints:
            for edge in constraint.refused(graph):
                violated.setdefault(edge, []).append(constraint)
        reasons = {edge: first_reason(constraints, of_edge) for edge, of_edge in violated.items()}
        for link in batch:
            edge = frozenset([node_of(nodes, link[2]), node_of(nodes, link[3])])
            if edge in reasons:
                refused[link] = reasons[edge]
        nodes = merged(nodes, [edge for edge in graph.edges if frozenset(edge) not in reasons])
        for edge, reason in reasons.items():
            left, right = (next(iter(node)) for node in edge)
            if not any(c.violated([node_of(nodes, left), node_of(nodes, right)]) for c in constraints):
                constraints.append(Constraint(reason, {left: 0, right: 1}))

    # Bridges.
    for cluster in nodes:
        graph = nx.Graph()
        for link in matches:
            ends = node_of(units, link[2]), node_of(units, link[3])
            if link not in refused and link[2] in cluster and ends[0] != ends[1]:
                graph.add_edge(*ends)
        bridges = []
        for edge in graph.edges:
            without = graph.copy()
            without.remove_edge(*edge)
            if not nx.has_path(without, *edge):
                bridges.append(edge)
        graph.remove_edges_from(bridges)
        dense = set()
        for part in nx.connected_components(graph):
            if len(part) >= min_bridge_side and nx.density(graph.subgraph(part)) > 2 / 3 - 1e-9:
                dense |= part
        for left, right in bridges:
            between = [link for link in matches if {node_of(units, link[2]), node_of(units, link[3])} == {left, right}]
            if {left, right} <= dense and len({link[2:4] for link in between}) == 1:
                refused |= dict.fromkeys(between, "bridge")
    nodes = merged(
        units, [(node_of(units, link[2]), node_of(units, link[3])) for link in matches if link not in refused]
    )

    for cluster in [node for node in nodes if len(node) > max_records]:
        inside = [link for link in matches if link[2] in cluster and link[3] in cluster]
        refused = dict.fromkeys(inside, "too many records") | refused
        nodes = nodes - {cluster} | {unit for unit in units if unit <= cluster}
    return {
        "clusters": {record: min(node) for node in nodes for record in node},
        "refused": {
            link[:4]: reason for link, reason in refused.items() if node_of(nodes, link[2]) != node_of(nodes, link[3])
        },
    }


RECORDS = "abcdefghij"
WEIGHTS = st.sampled_from([3.0, 5.0, 8.0])


@st.composite
def graphs(draw: st.DrawFn) -> tuple[list[Link], Values]:
    """Few records with many links of all kinds, so that ties, contradictions and large clusters are common."""
    records = RECORDS[: draw(st.integers(2, len(RECORDS)))]
    pairs = st.sampled_from(list(combinations(records, 2)))
    links = [match(*pair, draw(WEIGHTS)) for pair in draw(st.lists(pairs, max_size=18))]
    links += [steward(*pair) for pair in draw(st.lists(pairs, max_size=2))]
    links += [veto(*pair) for pair in draw(st.lists(pairs, max_size=4))]
    for rule in ("email", "phone"):
        for group in draw(st.lists(st.sets(st.sampled_from(records), min_size=2, max_size=5), max_size=2)):
            links += same(rule, *sorted(group))
    accounts = st.sampled_from([None, None, "1", "2", "3"])
    passports = st.sampled_from([None, None, None, "x", "y"])
    return links, {record: (draw(accounts), draw(passports)) for record in records}


@st.composite
def parts_with_pairs_between(draw: st.DrawFn) -> tuple[list[Link], Values]:
    """Two or three groups of records, dense or not so dense, and one or two pairs from each to the next."""
    groups = ["abcd"[: draw(st.integers(2, 4))], "efgh"[: draw(st.integers(2, 4))], "ij"]
    links = []
    for group in groups:
        pairs = clique(group)
        links += pairs if draw(st.booleans()) else draw(st.lists(st.sampled_from(pairs)))
    for left, right in pairwise(groups):
        across = st.tuples(st.sampled_from(left), st.sampled_from(right))
        links += [match(*pair, draw(WEIGHTS)) for pair in draw(st.lists(across, min_size=1, max_size=2))]
    return links + draw(st.sampled_from([[], same("email", "a", "e"), same("phone", "a", "b")])), {}


@settings(max_examples=150, deadline=None)
@given(st.one_of(graphs(), parts_with_pairs_between()), st.sampled_from([3, 4, 6, 20]))
def test_decisions_equal_the_reference(graph: tuple[list[Link], Values], max_records: int):
    links, values = graph
    expected = reference(links, values, max_records, min_bridge_side=3)
    if expected is None:
        with pytest.raises(ValueError, match="The steward's decisions contradict each other"):
            decide(links, values, max_records=max_records)
        return
    decisions = decide(links, values, max_records=max_records)
    refused = {
        tuple(row[name] for name in LINKS.names[:4]): row["refusal_reason"]
        for row in decisions
        if not row["is_accepted"]
    }
    assert refused == expected["refused"]
    assert clusters_of(decisions) == expected["clusters"]


@settings(max_examples=80, deadline=None)
@given(graphs(), st.sampled_from([3, 4, 20]), st.randoms(use_true_random=False))
def test_what_always_holds(graph: tuple[list[Link], Values], max_records: int, shuffler):
    links, values = graph
    try:
        decisions = decide(links, values, max_records=max_records)
    except ValueError:
        assume(False)

    # Neither order nor repetition matters.
    again = links + shuffler.sample(links, k=len(links) // 2)
    shuffler.shuffle(again)
    assert decide(again, values, max_records=max_records) == decisions

    # One row per link; accepted is what lies in one cluster; whatever is refused has its reason.
    keys = [tuple(row[name] for name in LINKS.names[:4]) for row in decisions]
    assert len(set(keys)) == len(keys)
    assert set(keys) == {link[:4] for link in links if link[0] != "must_not"}
    for row in decisions:
        assert row["is_accepted"] == (row["left_cluster"] == row["right_cluster"]) == (row["refusal_reason"] is None)
        assert row["is_accepted"] or row["link_kind"] != "steward"

    # Clusters are the components of the accepted links, named after their first record.
    clusters = clusters_of(decisions)
    accepted = nx.Graph([(row["left_key"], row["right_key"]) for row in decisions if row["is_accepted"]])
    accepted.add_nodes_from(clusters)
    parts = list(nx.connected_components(accepted))
    assert clusters == {record: min(part) for part in parts for record in part}

    # No cluster is too large or contradicts itself, but for what the steward joined.
    is_overruled = any(link[0] == "steward" for link in links)
    for part in parts:
        assert not any({left, right} <= part for kind, _, left, right, _ in links if kind == "must_not")
        if not is_overruled:
            assert len(part) <= max_records
            for column in range(2):
                assert len({values[record][column] for record in part} - {None}) <= 1

    # A component's decisions depend on nothing outside of it.
    everything = nx.Graph([link[2:4] for link in links if link[0] != "must_not"])
    for component in nx.connected_components(everything):
        inside = [link for link in links if {link[2], link[3]} <= component]
        alone = decide(inside, values, max_records=max_records)
        assert alone == [row for row in decisions if row["left_key"] in component]


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)).filter(lambda pair: pair[0] < pair[1]), min_size=1))
def test_without_limits_clusters_are_connected_components(pairs: list[tuple[int, int]]):
    links = [match(f"crm-{left:02}", f"crm-{right:02}") for left, right in pairs]
    parts = nx.connected_components(nx.Graph([link[2:4] for link in links]))
    decisions = decide(links, max_records=1_000, min_bridge_side=1_000)
    assert clusters_of(decisions) == {record: min(part) for part in parts for record in part}


def test_the_weaker_link_of_a_chain_is_refused():
    decisions = decide([match("a", "b", 9), match("b", "c", 4)], {"a": ("1",), "c": ("2",)})
    assert refusals(decisions) == {("match", "b", "c"): "contradiction: account_number"}
    assert clusters_of(decisions) == {"a": "a", "b": "a", "c": "c"}


def test_a_record_with_two_equally_good_homes_belongs_to_neither():
    values = {"a": ("1",), "b": ("1",), "c": ("2",)}
    links = [*same("account", "a", "b"), match("a", "x", 7), match("c", "x", 7), match("b", "x", 3), match("x", "y", 2)]
    decisions = decide(links, values)
    # The weaker pair with the first home does not break the tie.
    assert set(refusals(decisions)) == {("match", "a", "x"), ("match", "c", "x"), ("match", "b", "x")}
    assert set(refusals(decisions).values()) == {"contradiction: account_number"}
    assert clusters_of(decisions) == {"a": "a", "b": "a", "c": "c", "x": "x", "y": "x"}


def test_the_middle_of_a_tied_chain_stays_together():
    decisions = decide([match("a", "x"), match("x", "y"), match("b", "y")], {"a": ("1",), "b": ("2",)})
    assert set(refusals(decisions)) == {("match", "a", "x"), ("match", "b", "y")}
    assert clusters_of(decisions) == {"a": "a", "b": "b", "x": "x", "y": "x"}


def test_a_tie_without_a_contradiction_is_no_tie():
    links = [match("a", "x"), match("x", "y"), match("a", "y")]
    assert refusals(decide(links, {"a": ("1",), "x": ("1",)})) == {}


def test_an_identifier_of_unlike_customers_identifies_nobody():
    links = [*same("email", "a", "b", "x"), match("b", "x", 1)]
    decisions = decide(links, {"a": ("1",), "b": ("2",)})
    assert refusals(decisions) == {
        ("same", "a", "b"): "contradiction: account_number",
        ("same", "a", "x"): "contradiction: account_number",
    }
    # What the matching knows beside it still counts.
    assert clusters_of(decisions) == {"a": "a", "b": "b", "x": "b"}


def test_an_identifier_of_too_many_records_identifies_nobody():
    crowd = [f"m{number:02}" for number in range(21)]
    links = [*same("email", *crowd), *same("account", "m03", "n"), match("m01", "m02")]
    decisions = decide(links)
    # m01 and m02 are one customer for another reason, and so the address is right about them.
    assert set(refusals(decisions)) == {("same", "m00", record) for record in crowd[1:]}
    assert set(refusals(decisions).values()) == {"too many records"}
    clusters = clusters_of(decisions)
    assert len(set(clusters.values())) == 20
    assert (clusters["m02"], clusters["n"]) == ("m01", "m03")
    assert refusals(decide(same("email", *crowd[:20]))) == {}


def test_of_identifiers_that_join_too_many_the_largest_goes_first():
    links = [*same("email", *"abcd"), *same("account", *"def"), *same("phone", *"fg")]
    decisions = decide(links, max_records=5)
    assert {key[0] + key[2] for key in refusals(decisions)} == {"sameb", "samec", "samed"}
    assert clusters_of(decisions) == {"a": "a", "b": "b", "c": "c", **dict.fromkeys("defg", "d")}


def test_a_cluster_of_too_many_records_keeps_none_of_its_pairs():
    decisions = decide([*clique("abcd"), *same("email", "d", "e"), match("x", "y")], max_records=4)
    assert refusals(decisions) == {(link[0], *link[2:4]): "too many records" for link in clique("abcd")}
    assert clusters_of(decisions) == {**{record: record for record in "abcd"}, "e": "d", "x": "x", "y": "x"}


def test_a_bridge_between_dense_parts_is_refused():
    decisions = decide([*clique("abc"), match("c", "d", 9), *clique("defg"), match("g", "h"), match("h", "i")])
    assert refusals(decisions) == {("match", "c", "d"): "bridge"}
    # What hangs on a part without being dense itself stays.
    assert clusters_of(decisions) == {**dict.fromkeys("abc", "a"), **dict.fromkeys("defghi", "d")}


def test_every_bridge_of_a_row_of_dense_parts_is_refused():
    decisions = decide([*clique("abc"), match("c", "d"), *clique("def"), match("f", "g"), *clique("ghi")])
    assert set(refusals(decisions)) == {("match", "c", "d"), ("match", "f", "g")}


@pytest.mark.parametrize(
    "links",
    [
        [*clique("abc"), match("c", "d"), match("b", "d"), *clique("def")],  # Two pairs across.
        [
            *clique("abc"),
            match("c", "d"),
            match("d", "x"),
            *same("email", "c", "x"),
            *clique("def"),
        ],  # Two for one unit.
        [*clique("abc"), match("c", "d"), match("d", "e"), match("e", "f")],  # One part is a chain.
        [*clique("abc"), match("c", "d"), match("d", "e")],  # One part is small.
        [*clique("abc"), *same("email", "c", "d"), *clique("def")],  # The parts have a record in common, as it were.
        [*clique("abc"), match("c", "d"), *same("email", "d", "e", "f", "g")],  # What shares an identifier is one unit.
        [match("a", "b"), match("b", "c"), match("c", "d"), match("d", "e"), match("e", "f")],
    ],
)
def test_other_pairs_are_no_bridges(links: list[Link]):
    assert refusals(decide(links)) == {}


def test_units_behind_one_account_make_a_part_dense():
    links = [match("a", "b"), match("a", "c"), match("d", "b"), *same("account", "a", "d"), match("b", "c")]
    decisions = decide([*links, match("d", "e", 9), *clique("efg")])
    assert refusals(decisions) == {("match", "d", "e"): "bridge"}


def test_the_steward_joins_two_accounts():
    values = {"a": ("1",), "b": ("2",), "x": ("1",), "y": ("2",), "z": ("3",)}
    links = [steward("a", "b"), match("a", "x", 9), match("b", "y", 8), match("b", "z", 7)]
    decisions = decide(links, values)
    assert refusals(decisions) == {("match", "b", "z"): "contradiction: account_number"}
    assert clusters_of(decisions) == {**dict.fromkeys("abxy", "a"), "z": "z"}
    # Without that decision they are as unlike as before.
    assert len(refusals(decide([match("a", "b"), *links[1:]], values))) == 2


def test_the_steward_joins_more_records_than_others_may():
    chain = [steward(left, right) for left, right in pairwise("abcdef")]
    decisions = decide([*chain, match("f", "g")], max_records=3)
    assert refusals(decisions) == {("match", "f", "g"): "too many records"}


def test_a_veto_keeps_records_apart():
    decisions = decide([*same("email", "a", "b"), match("b", "c", 9), match("a", "c", 8), veto("a", "c")])
    assert refusals(decisions) == {("match", "b", "c"): "must not match", ("match", "a", "c"): "must not match"}
    decisions = decide([match("b", "c", 9), match("a", "b", 8), veto("a", "c"), veto("x", "y")])
    assert refusals(decisions) == {("match", "a", "b"): "must not match"}


def test_joined_records_keep_the_vetoes_of_both():
    links = [match("a", "b", 9), match("a", "y", 8), match("b", "z", 7)]
    decisions = decide([*links, veto("a", "z"), veto("b", "y")])
    assert refusals(decisions) == {("match", "a", "y"): "must not match", ("match", "b", "z"): "must not match"}


def test_vetoes_against_the_stewards_own_links_are_refused():
    links = [steward("a", "b"), steward("b", "c"), veto("a", "c")]
    with pytest.raises(ValueError, match="a and c must not match, but a = b = c must"):
        decide(links)


def test_reasons_follow_the_order_of_the_columns():
    decisions = decide([match("a", "b")], {"a": ("1", "x"), "b": ("2", "y")})
    assert refusals(decisions) == {("match", "a", "b"): "contradiction: account_number"}
    decisions = decide([match("a", "b")], {"a": ("1", "x"), "b": (None, "y")})
    assert refusals(decisions) == {("match", "a", "b"): "contradiction: passport"}


def test_keys_are_ordered_by_their_bytes():
    decisions = decide([match("é", "Z"), match("Z", "a"), match("\U0001f600", "\uffee")])
    assert clusters_of(decisions) == {"é": "Z", "Z": "Z", "a": "Z", "\U0001f600": "\uffee", "\uffee": "\uffee"}


def test_no_links_are_no_decisions():
    assert decide([]) == []
    assert decide([veto("a", "b")]) == []


@pytest.mark.parametrize(
    ("link", "message"),
    [
        (("likely", "r", "a", "b", None), "link_kind must be one of"),
        ((None, "r", "a", "b", None), "link_kind must be one of"),
        (("match", "r", "a", "b", None), "no match_weight"),
        (("match", "r", "a", "b", float("nan")), "no match_weight"),
        (("same", "r", None, "b", None), "no left_key or no right_key"),
    ],
)
def test_incomplete_links_are_refused(link: tuple, message: str):
    with pytest.raises(ValueError, match=message):
        decide([link])


@pytest.fixture
def run_model(request: pytest.FixtureRequest):
    """Runs the dbt model's file on tables made by SQL."""
    path = request.config.rootpath / "models/intermediate/customers/int_customer_links_decided.py"
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    meta = {"max_records_per_customer": 20, "min_bridge_side": 3}

    def run(**tables: str) -> pa.Table:
        with duckdb.connect() as session:
            dbt = SimpleNamespace(
                ref=lambda name: session.sql(tables[name]), config=SimpleNamespace(meta_get=lambda key: meta[key])
            )
            return module.model(dbt, session)

    return run


TABLES = {
    "identity_rules": """
        select * from (values ('one_account', 'account_number', 'exclusive'), ('same_email', 'email', 'same'))
            as rules (rule_id, column_name, rule_kind)
    """,
    "int_customer_records_merged": """
        select * from (values ('crm-1', '1', 'e'), ('crm-2', null, 'e'), ('erp-1', '2', null), ('erp-2', '2', null))
            as records (record_key, account_number, email)
    """,
    "int_customer_links": """
        select * from (values
            ('same', 'same_email', 'crm-1', 'crm-2', null),
            ('match', 'surname', 'crm-2', 'erp-1', 9.5)
        ) as links (link_kind, rule_id, left_key, right_key, match_weight)
    """,
}


def test_the_model_reads_the_exclusive_columns_from_the_rules(run_model):
    decisions = run_model(**TABLES)
    assert decisions.schema == DECISIONS
    assert refusals(decisions.to_pylist()) == {("match", "crm-2", "erp-1"): "contradiction: account_number"}


def test_the_model_without_links_is_a_typed_empty_table(run_model):
    tables = TABLES | {"int_customer_links": TABLES["int_customer_links"] + " where false"}
    decisions = run_model(**tables)
    assert (decisions.num_rows, decisions.schema) == (0, DECISIONS)


def test_the_model_without_exclusive_columns_joins_all(run_model):
    decisions = run_model(**TABLES | {"identity_rules": TABLES["identity_rules"] + " where rule_kind = 'same'"})
    assert set(clusters_of(decisions.to_pylist()).values()) == {"crm-1"}


def test_an_exclusive_column_that_is_not_there_is_named(run_model):
    rules = "select 'one_passport' as rule_id, 'passport' as column_name, 'exclusive' as rule_kind"
    with pytest.raises(ValueError, match="identity_rules: passport is exclusive but no column"):
        run_model(**TABLES | {"identity_rules": rules})
