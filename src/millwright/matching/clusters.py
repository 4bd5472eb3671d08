"""Decides which links between customer records hold, so that no customer contradicts itself.

Three things keep records apart: unlike values in an exclusive column, a steward's veto, and too many records. Links are
taken from the strongest kind to the weakest:

1. `steward`: always holds. Unlike exclusive values that it brings together count as one value from then on, for all
   records that are linked to these in any way.
2. `same`: the records that links of one rule connect share an identifier; its links hold together or not at all. An
   identifier of too many records, or of records that contradict each other, identifies nobody. If identifiers that are
   right by themselves join too many records, the one with the most records is given up first. What holds together
   after this step is a unit.
3. `match`: scored pairs, by falling weight. A pair that would bring a contradiction into a cluster is refused.

What is equally strong, all identifiers or all pairs of one weight, is decided at once. Where such links contradict each
other only taken together, as those of a record with two equally good homes, no link to any of the homes holds, and
weaker pairs do not bring together what a tie has kept apart.

Two checks of the clusters follow. A bridge, a pair without which the cluster falls in two (R. E. Tarjan, A note on
finding the bridges of a graph, 1974), is refused when both its ends lie in dense parts of the cluster: those are two
customers with one pair in common. And a cluster of too many records keeps none of its pairs.

In the end a link is accepted exactly if both its records are in one cluster. All this depends on the set of links, not
on their order or repetition, and for a connected component on nothing outside of it.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import pairwise

import networkx as nx
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

KINDS = ["steward", "same", "match"]
VETO = "must_not"

LINKS = pa.schema(
    {
        "link_kind": pa.string(),
        "rule_id": pa.string(),
        "left_key": pa.string(),
        "right_key": pa.string(),
        "match_weight": pa.float64(),
    }
)
DECISIONS = pa.schema(
    [
        *LINKS,
        pa.field("is_accepted", pa.bool_()),
        pa.field("refusal_reason", pa.string()),
        pa.field("left_cluster", pa.string()),
        pa.field("right_cluster", pa.string()),
    ]
)

Pair = tuple[int, int]


def decide_links(
    links: pa.Table, exclusive_values: pa.Table, max_records: int = 20, min_bridge_side: int = 3
) -> pa.Table:
    """One row per link except vetoes, with the decision; a cluster is named after its first record, bytewise.

    `links` has the columns of LINKS. `exclusive_values` has `record_key` and the exclusive columns, in the order in
    which a reason names them. A customer has at most `max_records` records unless the steward says so. A bridge has
    parts of at least `min_bridge_side` units on both sides. A link that occurs several times is one link, with its
    highest weight. Raises ValueError for links that are not complete, and for vetoes against the steward's own links.
    """
    if max_records < 2 or min_bridge_side < 3:
        raise ValueError(
            f"max_records must be at least 2 and min_bridge_side at least 3, not {max_records} and {min_bridge_side}."
        )
    columns = [name for name in exclusive_values.column_names if name != "record_key"]
    reasons = ["must not match", *(f"contradiction: {name}" for name in columns), "too many records", "bridge"]
    too_many, bridge = len(reasons) - 2, len(reasons) - 1

    links, vetoes = _read(links)
    if not len(links):
        return DECISIONS.empty_table()
    links, kind, rule, left, right, keys = _distinct(links)
    n, weight = len(keys), links["match_weight"].to_numpy()
    is_steward, is_same, is_match = (kind == code for code in range(len(KINDS)))
    vetoes = np.column_stack(np.split(_codes(_ends(vetoes), keys), 2))
    vetoes = vetoes[(vetoes >= 0).all(axis=1)]
    reason = np.full(len(links), -1, np.int8)

    joined = _components(n, left[is_steward], right[is_steward])
    _check_vetoes(vetoes, joined, left[is_steward], right[is_steward], keys)
    values = _values_as_joined(exclusive_values, columns, keys, joined, _components(n, left, right))
    limits = _Limits(values, vetoes, max_records, too_many)

    reason[is_same] = _refuse_identifiers(rule[is_same], left[is_same], right[is_same], joined, limits)
    holds = is_steward | (is_same & (reason < 0))
    unit = _components(n, left[holds], right[holds])

    reason[is_match] = _refuse_pairs(weight[is_match], left[is_match], right[is_match], unit, limits)
    holds |= is_match & (reason < 0)
    cluster = _components(n, left[holds], right[holds])

    scored = np.flatnonzero(is_match & (reason < 0))
    refused = scored[_are_bridges(left[scored], right[scored], unit, cluster, min_bridge_side)]
    reason[refused], holds[refused] = bridge, False
    cluster = _components(n, left[holds], right[holds])

    is_too_large = (np.bincount(cluster, minlength=n) > max_records)[cluster]
    reason[is_match & (reason < 0) & is_too_large[left]] = too_many
    cluster = np.where(is_too_large, n + unit.astype(np.int64), cluster)

    _, first_record, cluster = np.unique(cluster, return_index=True, return_inverse=True)
    names = keys.take(pa.array(first_record[cluster]))
    is_accepted = cluster[left] == cluster[right]
    refusal = pa.array(reasons, pa.string()).take(pa.array(reason, mask=is_accepted))
    sides = [names.take(pa.array(side)) for side in (left, right)]
    return pa.table([*links.columns, pa.array(is_accepted), refusal, *sides], schema=DECISIONS)


def _read(links: pa.Table) -> tuple[pa.Table, pa.Table]:
    """The links, and the vetoes among them apart."""
    links = links.select(LINKS.names).cast(LINKS)
    unknown = set(links["link_kind"].unique().to_pylist()) - {*KINDS, VETO}
    if unknown:
        raise ValueError(f"link_kind must be one of {', '.join([*KINDS, VETO])}, not {unknown.pop()!r}.")
    if links["left_key"].null_count or links["right_key"].null_count:
        raise ValueError("A link has no left_key or no right_key.")
    weights = links.filter(pc.equal(links["link_kind"], "match"))["match_weight"]
    if pc.any(pc.is_null(weights, nan_is_null=True)).as_py():
        raise ValueError("A link of the kind match has no match_weight.")
    is_veto = pc.equal(links["link_kind"], VETO)
    return links.filter(pc.invert(is_veto)), links.filter(is_veto)


def _ends(links: pa.Table) -> pa.ChunkedArray:
    """The records on the left of every link, then those on the right."""
    return pa.chunked_array([*links["left_key"].chunks, *links["right_key"].chunks], pa.string())


def _distinct(
    links: pa.Table,
) -> tuple[pa.Table, np.ndarray, np.ndarray, np.ndarray, np.ndarray, pa.Array]:
    """Every link once, in an order of its own; the codes of kind, rule and records, whose keys come last."""
    rule, _ = _ranks(links["rule_id"])
    ends, keys = _ranks(_ends(links))
    codes = [_codes(links["link_kind"], pa.array(KINDS)), rule, *np.split(ends, 2)]
    order = np.lexsort([-np.nan_to_num(links["match_weight"].to_numpy()), *reversed(codes)])
    codes = [code[order] for code in codes]
    is_first = np.ones(len(order), bool)
    is_first[1:] = np.any([code[1:] != code[:-1] for code in codes], axis=0)
    return links.take(pa.array(order[is_first])), *(code[is_first] for code in codes), keys


def _ranks(column: pa.ChunkedArray) -> tuple[np.ndarray, pa.Array]:
    """The rank of every element among the distinct values, and these, sorted bytewise."""
    encoded = pc.dictionary_encode(column.combine_chunks(), null_encoding="encode")
    order = pc.sort_indices(encoded.dictionary)
    rank = np.empty(len(order), np.int64)
    rank[order.to_numpy()] = np.arange(len(order))
    return rank[encoded.indices.to_numpy()], encoded.dictionary.take(order)


def _codes(column: pa.ChunkedArray, values: pa.Array) -> np.ndarray:
    """The position of every element among the values; -1 if it is not there."""
    return pc.fill_null(pc.index_in(column, value_set=values), -1).to_numpy().astype(np.int64)


def _components(n: int, left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """For every record a number below n that is its connected component's."""
    graph = coo_array((np.ones(len(left), bool), (left, right)), shape=(n, n))
    return connected_components(graph, directed=False)[1]


def _check_vetoes(vetoes: np.ndarray, joined: np.ndarray, left: np.ndarray, right: np.ndarray, keys: pa.Array) -> None:
    violated = vetoes[joined[vetoes[:, 0]] == joined[vetoes[:, 1]]]
    if len(violated):
        start, end = min(violated.tolist())
        of_both = joined[left] == joined[start]
        graph = nx.Graph([(start, start), *zip(left[of_both].tolist(), right[of_both].tolist(), strict=True)])
        chain = " = ".join(keys[code].as_py() for code in nx.shortest_path(graph, start, end))
        raise ValueError(
            f"The steward's decisions contradict each other: {keys[start]} and {keys[end]} must not match, "
            f"but {chain} must. Withdraw one of these decisions."
        )


def _values_as_joined(
    exclusive_values: pa.Table, columns: list[str], keys: pa.Array, joined: np.ndarray, component: np.ndarray
) -> np.ndarray:
    """A row per exclusive column with every record's value as a number, -1 for none.

    Two records of one component have the same number if their values are equal, or count as one because of the steward.
    """
    n, record = len(keys), _codes(exclusive_values["record_key"], keys)
    is_linked = record >= 0
    values = np.full((len(columns), n), -1)
    for row, name in zip(values, columns, strict=True):
        delivered = _codes(exclusive_values[name], pc.drop_null(pc.unique(exclusive_values[name])))
        row[record[is_linked]] = delivered[is_linked]
        known = np.flatnonzero(row >= 0)
        _, value = np.unique(component[known] * np.int64(len(record) + 1) + row[known], return_inverse=True)
        # One graph of what the steward joined and of the values: values that it connects count as one.
        row[known] = _components(2 * n, joined[known], n + value)[n + value]
    return values


@dataclass(frozen=True)
class _Limits:
    """What keeps records apart. Reasons are numbers: 0 for a veto, then the exclusive columns, then `too_many`."""

    values: np.ndarray
    vetoes: np.ndarray
    max_records: int
    too_many: int

    def contradict(self, label: np.ndarray) -> np.ndarray:
        """By label, whether its records contradict each other."""
        contradictory = np.zeros(len(label), bool)
        for row in self.values:
            lowest, highest = _extremes(label, row)
            contradictory |= lowest < highest
        ends = label[self.vetoes]
        contradictory[ends[ends[:, 0] == ends[:, 1], 0]] = True
        return contradictory


def _extremes(label: np.ndarray, row: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The lowest and the highest value by label: equal if there is only one, -1 if there is none."""
    known = row >= 0
    highest = np.full(len(label), -1)
    np.maximum.at(highest, label[known], row[known])
    lowest = highest.copy()
    np.minimum.at(lowest, label[known], row[known])
    return lowest, highest


class _Forest(dict[int, int]):
    """Disjoint sets of numbers; a number that was never joined is alone."""

    def find(self, node: int) -> int:
        while (parent := self.get(node, node)) != node:
            self[node] = grandparent = self.get(parent, parent)
            node = grandparent
        return node

    def join(self, a: int, b: int) -> None:
        self[self.find(a)] = self.find(b)


class _Clusters:
    """Clusters of nodes, at first one each, that are joined step by step without contradiction."""

    def __init__(self, nodes: np.ndarray, label: np.ndarray, limits: _Limits):
        self.forest = _Forest()
        # By exclusive column, the value of every cluster that has one.
        self.values = []
        for row in limits.values:
            value = _extremes(label, row)[1][nodes]
            self.values.append(dict(zip(nodes[value >= 0].tolist(), value[value >= 0].tolist(), strict=True)))
        # By cluster, those that it must not be joined with, and why.
        self.foes: dict[int, dict[int, int]] = defaultdict(dict)
        for a, b in label[limits.vetoes].tolist():
            self.forbid(a, b, 0)

    def contradictions(self, nodes: set[int]) -> Iterator[tuple[int, dict[int, int]]]:
        """Why the nodes cannot all be joined, and the nodes' values that are the matter."""
        for a in nodes:
            foes = self.foes.get(a, {})
            for b in foes.keys() & nodes:
                if a < b:
                    yield foes[b], {a: a, b: b}
        for reason, of_cluster in enumerate(self.values, 1):
            value = {node: of_cluster[node] for node in nodes if node in of_cluster}
            if len(set(value.values())) > 1:
                yield reason, value

    def refused(self, pairs: list[Pair]) -> dict[Pair, int]:
        """Those of equally strong pairs that are part of a contradiction, and why."""
        refused: dict[Pair, int] = {}
        for reason, value in self.contradictions({node for pair in pairs for node in pair}):
            # Nodes without a value that hang together are a region; it must not touch two values.
            region, touched = _Forest(), defaultdict(set)
            for a, b in pairs:
                if a not in value and b not in value:
                    region.join(a, b)
            for a, b in [*pairs, *((b, a) for a, b in pairs)]:
                if a not in value and b in value:
                    touched[region.find(a)].add(value[b])
            for a, b in pairs:
                met = {value[node] for node in (a, b) if node in value}
                if len(met) == 1:
                    met.update(*(touched[region.find(node)] for node in (a, b) if node not in value))
                if len(met) > 1:
                    refused[a, b] = min(reason, refused.get((a, b), reason))
        return refused

    def join(self, a: int, b: int) -> None:
        a, b = self.forest.find(a), self.forest.find(b)
        if a == b:
            return
        if len(self.foes.get(a, ())) < len(self.foes.get(b, ())):
            a, b = b, a
        self.forest[b] = a
        for of_cluster in self.values:
            if b in of_cluster:
                of_cluster[a] = of_cluster[b]
        for foe, reason in self.foes.pop(b, {}).items():
            del self.foes[foe][b]
            self.forbid(a, foe, reason)

    def forbid(self, a: int, b: int, reason: int) -> None:
        a, b = self.forest.find(a), self.forest.find(b)
        self.foes[a][b] = self.foes[b][a] = min(reason, self.foes[a].get(b, reason))


def _by_component(pairs: Collection[Pair]) -> list[list[Pair]]:
    forest, components = _Forest(), defaultdict(list)
    for a, b in pairs:
        forest.join(a, b)
    for pair in pairs:
        components[forest.find(pair[0])].append(pair)
    return list(components.values())


def _refuse_identifiers(
    rule: np.ndarray, left: np.ndarray, right: np.ndarray, joined: np.ndarray, limits: _Limits
) -> np.ndarray:
    """For every link of the kind `same`, why its identifier is refused; -1 if it is not."""
    n = len(joined)
    identifier = np.empty(len(rule), np.int64)
    for code in np.flatnonzero(np.bincount(rule)):
        of_rule = rule == code
        identifier[of_rule] = code * n + _components(n, left[of_rule], right[of_rule])[left[of_rule]]
    _, identifier = np.unique(identifier, return_inverse=True)
    bearer, record = np.divmod(np.unique(np.concatenate([identifier * n + left, identifier * n + right])), n)
    size = np.bincount(bearer)
    reason = np.where(size > limits.max_records, limits.too_many, -1)

    held = reason[identifier] < 0
    component = _components(n, joined[left[held]], joined[right[held]])[joined]
    troubled = limits.contradict(component) | (np.bincount(component, minlength=n) > limits.max_records)
    in_trouble = (reason[bearer] < 0) & troubled[component[record]]
    bearer, node = bearer[in_trouble], joined[record[in_trouble]]
    nodes, n_records = np.unique(node), np.bincount(joined, minlength=n)
    clusters = _Clusters(nodes, joined, limits)

    members = defaultdict(set)
    for i, a in zip(bearer.tolist(), node.tolist(), strict=True):
        members[i].add(a)
    refused = {i: min(why) for i, nodes in members.items() if (why := [r for r, _ in clusters.contradictions(nodes)])}
    # Identifiers are nodes too, ~i below 0, between the records that bear them.
    bears = [(~i, a) for i, nodes in members.items() if i not in refused for a in nodes]
    for component in _by_component(bears):
        for (i, _), why in clusters.refused(component).items():
            refused[~i] = min(why, refused.get(~i, why))
    components = _by_component([pair for pair in bears if ~pair[0] not in refused])
    while components:
        component = components.pop()
        if sum(n_records[a] for a in {a for _, a in component}) > limits.max_records:
            most = max(size[~i] for i, _ in component)
            refused |= {~i: limits.too_many for i, _ in component if size[~i] == most}
            components += _by_component([pair for pair in component if size[~pair[0]] < most])
    reason[list(refused)] = list(refused.values())
    return reason[identifier]


def _refuse_pairs(
    weight: np.ndarray, left: np.ndarray, right: np.ndarray, unit: np.ndarray, limits: _Limits
) -> np.ndarray:
    """For every scored pair why it is refused; -1 if it is not."""
    reason = np.full(len(weight), -1)
    component = _components(len(unit), unit[left], unit[right])[unit]
    rows = np.flatnonzero(limits.contradict(component)[component[left]])
    rows = rows[np.argsort(-weight[rows], kind="stable")]
    ends = np.column_stack([unit[left[rows]], unit[right[rows]]])
    clusters = _Clusters(np.unique(ends), unit, limits)
    starts = np.flatnonzero(np.diff(weight[rows], prepend=np.nan) != 0).tolist()
    rows, ends = rows.tolist(), ends.tolist()
    for start, stop in pairwise([*starts, len(rows)]):
        rows_of = defaultdict(list)
        for row, (a, b) in zip(rows[start:stop], ends[start:stop], strict=True):
            a, b = sorted((clusters.forest.find(a), clusters.forest.find(b)))
            if a != b:
                rows_of[a, b].append(row)
        for pairs in _by_component(rows_of):
            refused = clusters.refused(pairs)
            for pair in pairs:
                if pair not in refused:
                    clusters.join(*pair)
            for pair, why in refused.items():
                reason[rows_of[pair]] = why
                if not any(clusters.contradictions(set(map(clusters.forest.find, pair)))):
                    clusters.forbid(*pair, why)
    return reason


def _are_bridges(
    left: np.ndarray, right: np.ndarray, unit: np.ndarray, cluster: np.ndarray, min_side: int
) -> np.ndarray:
    """For every accepted pair whether it is the only one between two dense parts of its cluster.

    A part is what hangs together without bridges, in units; it is dense if two thirds of all pairs of its units are
    linked.
    """
    n = len(unit)
    cluster_of_unit = np.zeros(n, np.int64)
    cluster_of_unit[unit] = cluster
    n_units = np.bincount(cluster_of_unit[np.bincount(unit, minlength=n) > 0], minlength=n)
    rows = np.flatnonzero((unit[left] != unit[right]) & (n_units[cluster[left]] >= 2 * min_side))
    a, b = unit[left[rows]].astype(np.int64), unit[right[rows]].astype(np.int64)
    edge = np.minimum(a, b) * n + np.maximum(a, b)
    _, one_of_each_pair = np.unique(left[rows] * n + right[rows], return_index=True)
    edges, n_pairs = np.unique(edge[one_of_each_pair], return_counts=True)

    # Two dense parts and a bridge have at least so many edges, and at most so many: all other clusters are done.
    cluster_of_edge = cluster_of_unit[edges // n]
    n_units, n_edges = n_units[cluster_of_edge], np.bincount(cluster_of_edge, minlength=n)[cluster_of_edge]
    most = min_side * (min_side - 1) // 2 + (n_units - min_side) * (n_units - min_side - 1) // 2 + 1
    candidates = edges[(n_units < n_edges) & (n_edges <= most)]

    graph = nx.Graph(zip(*(side.tolist() for side in np.divmod(candidates, n)), strict=True))
    bridges = list(nx.bridges(graph))
    graph.remove_edges_from(bridges)
    dense: set[int] = set()
    for part in nx.connected_components(graph):
        n_ends = sum(degree for _, degree in graph.degree(part))
        if len(part) >= min_side and 3 * n_ends >= 2 * len(part) * (len(part) - 1):
            dense |= part
    refused = [min(pair) * n + max(pair) for pair in bridges if dense.issuperset(pair)]
    is_bridge = np.zeros(len(left), bool)
    is_bridge[rows] = np.isin(edge, np.intersect1d(refused, edges[n_pairs == 1]))
    return is_bridge
