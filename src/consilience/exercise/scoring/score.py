"""The scorecard, put together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from consilience.exercise.scoring import files, links, recall
from consilience.exercise.scoring.card import FileResult, FoundMatch, Rate, Scorecard
from consilience.exercise.scoring.known import Known
from consilience.exercise.truth import Truth


def score(truth: Truth, results: Iterable[FileResult], matches: Iterable[FoundMatch]) -> Scorecard:
    """Hold what was reported against the truth.

    Args:
        truth: of the exercise whose exhibits were all read and whose lists were all imported, in the order of
            their editions.
        results: one for each file, for someone who may see everything.
        matches: all that stand: of contents with list entries of every role, and with each other.
    """
    known = Known(truth)
    results = list(results)
    reported, accounting = files.account(known, results)
    found = links.sort_links(known, matches)
    judged = files.judge(known, reported, found.misleading)
    copies, called_new = files.copies(known, reported)
    missed, listed = links.missed_bytes(known, found)
    edges, wrong_edges = links.edges(known, found)
    pairs = recall.pairs(known)
    between = sum(not one.with_list for one in found.false)
    unrelated = links.unrelated_pairs(known)
    head = truth.head
    return Scorecard(
        generator=head.generator,
        preset=head.preset,
        seed=head.seed,
        held_out=head.held_out,
        accounting=accounting,
        outcomes=judged.outcomes,
        wrong_outcomes=judged.wrong_outcomes,
        misled=judged.misled,
        outcome_counts=dict(Counter(one.outcome.value for one in results).most_common()),
        problems=judged.problems,
        wrong_problems=judged.wrong_problems,
        copies=copies,
        copies_called_new=called_new,
        listed=listed,
        missed=missed,
        recall=recall.recall(found, pairs, recall.by_strength),
        recall_by_alteration=recall.recall(found, pairs, recall.by_alteration),
        recall_by_family=recall.recall(found, pairs, recall.by_family),
        overall=recall.overall(found, pairs),
        missed_near=recall.missed(known, found, pairs),
        edges=edges,
        wrong_edges=wrong_edges,
        false_links=tuple(sorted(found.false, key=lambda one: (one.distance, one.left, one.right))),
        false_by_distance=dict(sorted(Counter(one.distance for one in found.false).items())),
        false_by_relation=dict(Counter(one.relation for one in found.false).most_common()),
        mistaken_pictures=len(found.mistaken),
        unrelated_pairs=unrelated,
        false_rate=Rate.of(between, max(unrelated, between)),
        wrong_orientations=tuple(found.turned),
    )
