"""Every claim of the supplement about complexity: what it says, what comes out here, and the verdict, computed.

The supplement's formulas, options and figures are written out here as the other side of each comparison; what they are
compared with comes from the cost formulas and from the networks' specs.

Sources: MUXConv supplement, sections 1 to 3; for 218 M and 318 M, Table 1 of the paper itself (CVPR 2020).
"""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import sympy

from muxprof.answers.paper import verdicts
from muxprof.answers.paper.rules import PLAIN, RULE, RULES, additions, every_rule
from muxprof.answers.paper.types import Claim
from muxprof.cost import symbolic
from muxprof.cost.blocks import mobilenet_terms, mux_terms
from muxprof.cost.ops import params
from muxprof.document.subjects import network_subject
from muxprof.document.tree import tree
from muxprof.document.types import Subject
from muxprof.spec import table1, zoo
from muxprof.spec.blocks import DsBlock, IrBlock, MuxBlock
from muxprof.spec.networks import Network, Stage
from muxprof.spec.notation import describe, kernels_text
from muxprof.units import decimal_text, figure, grouped, rounds_to

__all__ = ["Claim", "claims"]

STAGES = (1, 2, 3, 4)
#: Section 1: the volume of the search space, as base and exponent.
VOLUME = (14, 12)
#: Table 2: params and MAdds of the backbones, and section 3.1: the factor between the last two in MAdds.
TABLE_2 = {"resnet18": ("11.7 M", "1.8 B"), "mobilenetv2": ("3.5 M", "0.3 B"), "muxnet-m": ("3.4 M", "0.2 B")}
FACTOR = ("mobilenetv2", "muxnet-m", "1.5")
#: The paper's own Table 1: MAdds.
MAIN_TABLE_1 = {"muxnet-m": "218 M", "muxnet-l": "318 M"}
#: The networks of Figure 2 that were released.
RELEASED = ("muxnet-m", "muxnet-l")

#: What needs trained weights: where it stands, and what it says.
TRAINED = (
    ("Table 2", "Accuracy (mIoU, pixels) on ADE20K of three backbones under two segmentation heads"),
    ("Figure 5", "Examples of scene parsing by MUXNet-m on ADE20K"),
    ("Figure 6a, section 3.2", "Top-5 accuracy on ImageNet-V2: a drop of 8 to 10 %, with the order of networks kept"),
    ("Figure 6b, section 3.2", "Top-5 accuracy on ImageNet-C: MUXNet-m ahead on 18 of 19 kinds of corruption"),
    ("Figure 7", "Examples of detection by MUXNet-m on PASCAL VOC 2007"),
    ("Figure 8", "Class activation maps of MUXNet-m on ChestX-Ray14"),
)


def claims() -> tuple[Claim, ...]:
    """All claims, in the order of the supplement."""
    return (
        *_search_space(),
        *_figure_2(),
        *_formulas(),
        *_figure_4(),
        *_table_2(),
        *_main_paper(),
        *(_trained(place, says) for place, says in TRAINED),
    )


def _net(name: str) -> tuple[Network, Subject]:
    """A network of the zoo and its layers at the resolution of its published figures."""
    network = zoo.network(name)
    return network, network_subject(network, *network.resolution)


def _trained(place: str, says: str) -> Claim:
    why = "It takes trained weights and the data set; muxprof counts what a network costs, not what it gets right."
    return Claim(place, f"{says}.", "Nothing.", verdicts.untrained(), why, "")


# Section 2: the blocks' formulas.


def _formulas() -> Iterator[Claim]:
    C, E, G, H, W, L = (getattr(symbolic, letter) for letter in "CEGHWL")
    C_hat = (1 - L) * C
    mobilenet = (C * E * C, E * C * 3 * 3, E * C * C)
    mux = (C_hat * E * C_hat, G * E * C_hat * 3 * 3, E * C_hat * C_hat)
    derived = symbolic.formulas(3)
    for name, terms, ours, says in (
        ("MobileNet", mobilenet, derived.mobilenet, "C EC + 9 EC + EC C"),
        ("MUXConv", mux, derived.mux, "C_hat EC_hat + 9 G EC_hat + EC_hat C_hat, with C_hat = (1 - L) C"),
    ):
        pairs = list(zip(ours.terms, terms, strict=True))
        yield Claim(
            place="Section 2",
            says=f"{name} block, params: {says}.",
            computed=f"{ours.params}",
            verdict=verdicts.equal(_differing([*pairs, (ours.params, sum(terms))]), []),
            why=f"The weights of the block's three convolutions, summed by sympy. {_terms_text(pairs)}",
            command="muxprof block --symbolic",
        )
        yield Claim(
            place="Section 2",
            says=f"{name} block, FLOPs: its params times H W.",
            computed=f"{ours.madds}",
            verdict=verdicts.equal(_differing([(ours.madds, H * W * sum(terms))]), []),
            why="It counts multiply-adds, one per weight and position; in FLOPs proper, of which a multiply-add has "
            "two, it would be twice as much.",
            command="muxprof block --symbolic",
        )
    yield _depthwise()


def _differing(pairs: Iterable[tuple[Any, Any]]) -> list[Any]:
    """The differences that are not zero, whatever the symbols."""
    found = (sympy.expand(ours - theirs) for ours, theirs in pairs)
    return [difference for difference in found if difference != 0]


def _terms_text(pairs: Sequence[tuple[Any, Any]]) -> str:
    agree = len(pairs) - len(_differing(pairs))
    return f"Term by term, {agree} of {len(pairs)} agree."


def _depthwise() -> Claim:
    C, E, K, H, W = (getattr(symbolic, letter) for letter in "CEKHW")
    ours, theirs = mux_terms(C, E * C, sympy.Integer(1), K, H, W)[1], mobilenet_terms(C, E * C, K, H, W)[1]
    channels = ours.inputs[0][0]
    groups = sympy.cancel(channels / ours.per_group)  # type: ignore[operator]  # symbols
    found = (groups, params(ours), ours.outputs)
    said = (theirs.inputs[0][0], params(theirs), theirs.outputs)
    return Claim(
        place="Section 2",
        says="G = 1 makes the group convolution a depthwise one.",
        computed=f"At G = 1: {groups} groups for {channels} channels, {params(ours)} params; "
        f"depthwise: {params(theirs)}.",
        verdict=verdicts.equal(found, said),
        why="G is the number of input channels per group; with one, there are as many groups as channels.",
        command="muxprof block --G 1 --L 0",
    )


# Section 2: Figure 4.


@dataclass(frozen=True)
class Region:
    """For one choice of G and L: the ratio, and the least real C >= 1 from which on it is at most 1; None for no C."""

    G: int
    L: Fraction
    ratio: Any
    bound: Fraction | None


def regions(ratio: Any) -> tuple[Region, ...]:
    """Where a ratio in C, G and L is at most 1, decided for all C >= 1 at every choice of the search space."""
    found = []
    for L in table1.LEAVE_OUTS:
        for G in table1.GROUPS:
            at = sympy.factor(ratio.subs({symbolic.G: G, symbolic.L: sympy.Rational(L.numerator, L.denominator)}))
            found.append(Region(G, L, at, _least_channels(at)))
    return tuple(found)


def _least_channels(ratio: Any) -> Fraction | None:
    real = sympy.Symbol("C", real=True)
    where = sympy.solve_univariate_inequality(
        ratio.subs(symbolic.C, real) <= 1, real, relational=False, domain=sympy.Interval(1, sympy.oo)
    )
    if where == sympy.S.EmptySet:
        return None
    if not isinstance(where, sympy.Interval) or where.end != sympy.oo or where.left_open:
        raise ArithmeticError(f"the ratio {ratio} is at most 1 for C in {where}, which is no range without an end")
    return Fraction(int(where.start.p), int(where.start.q))


def _figure_4() -> Iterator[Claim]:
    general = symbolic.formulas().ratio
    depends = frozenset(str(symbol) for symbol in general.free_symbols)
    others = ", ".join(sorted(depends - {"G", "L"}))
    yield Claim(
        place="Figure 4",
        says="The ratio of params is drawn over G and L alone.",
        computed=f"ratio = {general}",
        verdict=verdicts.free_of(depends, frozenset("GL")),
        why=f"E, H and W cancel, but the ratio depends on {others} besides, which the figure does not name; "
        "it stands for one choice of them. The ratio of MAdds is the same."
        if others
        else "Everything else cancels.",
        command="muxprof heatmap --out ratio.html",
    )
    used = sorted({block.channels for name in RELEASED for block in _normal(_net(name)[0])})
    for kernel in table1.KERNELS:
        yield _at_most_one(kernel, regions(general.subs(symbolic.K, kernel)), used)


def _at_most_one(kernel: int, found: Sequence[Region], used: Sequence[int]) -> Claim:
    always = [region for region in found if region.bound == 1]
    never = [region for region in found if region.bound is None]
    bounded = [region for region in found if region.bound is not None and region.bound != 1]
    parts = [f"at most 1 for every C at {len(always)} of {len(found)} choices"]
    parts += [f"for C >= {region.bound} at {_choice(region)}" for region in bounded]
    parts += [f"for no C at {_choice(region)}, where it is {region.ratio}" for region in never]
    why = []
    if never:
        why.append("With no channel left out, any G above 1 only adds weights.")
    below = [(region, [C for C in used if region.bound > C]) for region in bounded if region.bound is not None]
    hit = [f"{_choice(region)} at C = {', '.join(map(str, widths))}" for region, widths in below if widths]
    if bounded:
        why.append("Below such a C the KxK convolution outweighs what the narrower 1x1 convolutions save.")
        why.append(
            f"Of the widths of the normal blocks in m and l ({', '.join(map(str, used))}), "
            + (f"below it: {'; '.join(hit)}." if hit else "none is below it.")
        )
    return Claim(
        place=f"Section 2, Figure 4 (K = {kernel})",
        says="No choice of G and L in the search space costs more than the MobileNet block: the ratio is at most 1.",
        computed=f"{'; '.join(parts)}.",
        verdict=verdicts.everywhere([region.bound for region in found]),
        why=" ".join(why) or "The ratio never exceeds 1.",
        command=f"muxprof heatmap --K {kernel} --C-values {','.join(map(str, (4, 16, *used)))}",
    )


def _choice(region: Region) -> str:
    return f"L = {decimal_text(region.L)}, G = {region.G}"


# Section 1: Table 1 and Figure 2.


def volume() -> int:
    """The number of encodings: every stage's options multiplied, stage by stage."""
    return math.prod(stage_volume(stage) for stage in STAGES)


def stage_volume(stage: int) -> int:
    """Options of one stage: those of its normal blocks times those of its reduction block."""
    normal = math.prod(
        map(len, (table1.KERNELS, table1.EXPANSIONS, table1.GROUPS, table1.REPETITIONS, table1.LEAVE_OUTS))
    )
    searched = len(table1.SPATIAL) if stage in table1.SPATIAL_STAGES else 1
    return normal * searched * len(table1.REDUCTION_KERNELS) * len(table1.EXPANSIONS)


def distinct_volume() -> int:
    """The number of networks: without repetitions, a stage's other normal options make no difference."""
    result = 1
    for stage in STAGES:
        reduction = len(table1.REDUCTION_KERNELS) * len(table1.EXPANSIONS)
        each = stage_volume(stage) // reduction // len(table1.REPETITIONS)
        result *= reduction * sum(each if repetitions else 1 for repetitions in table1.REPETITIONS)
    return result


def _search_space() -> Iterator[Claim]:
    base, exponent = VOLUME
    found, said = volume(), base**exponent
    per_stage = [stage_volume(stage) for stage in STAGES]
    yield Claim(
        place="Section 1, Table 1",
        says=f"The search space has a volume of approximately {base}^{exponent}.",
        computed=f"{' x '.join(map(grouped, per_stage))} = {grouped(found)}; {base}^{exponent} = {grouped(said)} is "
        f"{said / found:.2f} times that.",
        verdict=verdicts.power(found, base, exponent),
        why=f"Reading: a stage's code is K, E, G, N, L (and S in stages 2 and 3) of its normal blocks and K, E of its "
        f"reduction block, stages multiplied. Rule: approximately b^{exponent} means that no other whole b is nearer; "
        f"here b = {found ** (1 / exponent):.2f}. In decimal exponents it is {math.log10(found):.2f} against "
        f"{math.log10(said):.2f}. Counting networks instead of codes (at N = 0 the other normal options are idle) "
        f"gives {grouped(distinct_volume())}.",
        command="muxprof paper",
    )


def _normal(network: Network) -> list[MuxBlock]:
    return [block for stage in network.stages for block in stage.blocks if isinstance(block, MuxBlock)]


def _number(stage: Stage) -> int:
    return int(stage.name.removeprefix("stage"))


def _figure_2() -> Iterator[Claim]:
    yield _halving()
    for name in RELEASED:
        yield _normal_blocks(_net(name)[0])
        yield _reduction_blocks(_net(name)[0])
    yield _fixed_blocks([_net(name)[0] for name in RELEASED])
    yield _spatial([_net(name)[0] for name in RELEASED])


def _halving() -> Claim:
    found = {name: list(_sizes(_net(name)[1])) for name in RELEASED}
    regular = all(_halves(sizes) for sizes in found.values())
    text = "; ".join(f"{name}: {', '.join(' and '.join(map(_size, sizes)) for sizes in found[name])}" for name in found)
    return Claim(
        place="Section 1, Figure 2",
        says="Four stages; the first layer of each halves the map, the others keep its size.",
        computed=f"Sizes of the blocks' outputs by stage, after that of the fixed first block: {text}.",
        verdict=verdicts.equal(regular, True),
        why="Read off the shapes of the released networks at 224 x 224.",
        command=f"muxprof model {RELEASED[0]} --no-check",
    )


def _sizes(subject: Subject) -> Iterator[tuple[tuple[int, ...], ...]]:
    """For every stage, the sizes (H, W) that its blocks put out, each named once."""
    for stage in tree(subject).children:
        if stage.path.startswith("stage"):
            yield tuple(dict.fromkeys(block.out_shape[2:] for block in stage.children))


def _halves(sizes: Sequence[tuple[tuple[int, ...], ...]]) -> bool:
    """Whether the stages behind the first are :data:`STAGES`, of one size each, half of that before."""
    if len(sizes) != 1 + len(STAGES) or any(len(each) != 1 for each in sizes):
        return False
    return all(tuple(2 * side for side in after[0]) == before[0] for before, after in itertools.pairwise(sizes))


def _size(size: tuple[int, ...]) -> str:
    return "x".join(map(str, size))


def _normal_blocks(network: Network) -> Claim:
    unlisted, repeated, made = [], [], []
    for stage in network.stages:
        blocks = [block for block in stage.blocks if isinstance(block, MuxBlock)]
        for block in blocks:
            unlisted += [text for text in _unlisted(block, _number(stage)) if text not in unlisted]
        runs = [
            len(list(run)) for mux, run in itertools.groupby(stage.blocks, lambda b: isinstance(b, MuxBlock)) if mux
        ]
        unlisted += [f"{stage.name}: N = {run}" for run in runs if run not in table1.REPETITIONS]
        if len(blocks) not in table1.REPETITIONS:
            repeated.append(f"{stage.name}: N = {len(blocks)} in {len(runs)} runs")
        if blocks:
            made.append(f"{stage.name}: {' + '.join(map(str, runs))} x {_settings(blocks)}")
    why = f"Not among the options: {_and(unlisted)}." if unlisted else "Every K, E, G, L and S is among the options."
    if repeated:
        why += (
            f" So is N if each run of normal blocks is counted by itself; counted by stage, {_and(repeated)}, "
            f"and {max(table1.REPETITIONS)} is the most that is listed: a fixed block stands between the runs."
            if not any("N =" in text for text in unlisted)
            else f" By stage: {_and(repeated)}."
        )
    return Claim(
        place="Figure 2, Table 1",
        says=f"The normal blocks of {network.name} are chosen from Table 1's options.",
        computed=f"{'; '.join(made)}.",
        verdict=verdicts.listed([*unlisted, *repeated], unlisted),
        why=why,
        command=f"muxprof model {network.name} --no-check",
    )


def _unlisted(block: MuxBlock, stage: int) -> Iterator[str]:
    spatial = table1.SPATIAL if stage in table1.SPATIAL_STAGES else ((),)
    choices: tuple[tuple[str, Any, tuple[Any, ...]], ...] = (
        ("K", block.kernel, table1.KERNELS),
        ("E", block.expansion, table1.EXPANSIONS),
        ("G", block.group, table1.GROUPS),
        ("L", block.leave_out, table1.LEAVE_OUTS),
        ("S", block.spatial, spatial),
    )
    for letter, value, options in choices:
        if value not in options:
            yield f"stage{stage}: {letter} = {value if letter != 'S' else list(block.spatial)}"


def _settings(blocks: Sequence[MuxBlock]) -> str:
    """K, E, G, L and S of the blocks of a stage, which may differ."""
    values = (
        ("K", [str(block.kernel) for block in blocks]),
        (" E", [decimal_text(block.expansion) for block in blocks]),
        (" G", [str(block.group) for block in blocks]),
        (" L", [decimal_text(block.leave_out) for block in blocks]),
        (" S", [str(list(block.spatial)) if block.spatial else "0" for block in blocks]),
    )
    return "".join(letter + "/".join(dict.fromkeys(found)) for letter, found in values)


def _reduction_blocks(network: Network) -> Claim:
    unlisted, made = [], []
    for stage in network.stages:
        for block in stage.blocks:
            if not isinstance(block, IrBlock) or block.stride == 1:
                continue
            kernels, expansion = kernels_text(block.kernels), decimal_text(block.expansion)
            made.append(f"{stage.name}: K{kernels} E{expansion}")
            if block.kernels not in table1.REDUCTION_KERNELS:
                unlisted.append(f"{stage.name}: K = {kernels}")
            if block.expansion not in table1.EXPANSIONS:
                unlisted.append(f"{stage.name}: E = {expansion}")
    options = ", ".join(map(kernels_text, table1.REDUCTION_KERNELS))
    return Claim(
        place="Figure 2, Table 1",
        says=f"The reduction blocks of {network.name} are chosen from Table 1's options.",
        computed=f"{'; '.join(made)}.",
        verdict=verdicts.listed(unlisted, unlisted),
        why=f"Table 1 does not list {_and(unlisted)}; its kernels are {options}."
        if unlisted
        else "Every K and E is among the options.",
        command=f"muxprof model {network.name} --no-check",
    )


def _fixed_blocks(networks: Sequence[Network]) -> Claim:
    found = [
        {
            f"{stage.name}.{index}": block
            for stage in network.stages
            for index, block in enumerate(stage.blocks)
            if isinstance(block, DsBlock | IrBlock) and block.stride == 1
        }
        for network in networks
    ]
    settings = [[_without_widths(block) for block in blocks.values()] for blocks in found]
    made = [
        f"{network.name}: {', '.join(describe(block) for block in blocks.values())}"
        for network, blocks in zip(networks, found, strict=True)
    ]
    return Claim(
        place="Figure 2",
        says="Blocks that were not searched have the same settings in all networks, output channels aside.",
        computed=f"{'; '.join(made)}.",
        verdict=verdicts.equal(all(each == settings[0] for each in settings), True),
        why="Compared in the two released networks; taken as not searched: blocks of stride 1 that are no MUXConv "
        "blocks. Table 1 has no place for them.",
        command=f"muxprof model {networks[-1].name} --no-check",
    )


def _without_widths(block: DsBlock | IrBlock) -> tuple[Any, ...]:
    names = [each.name for each in dataclasses.fields(block) if each.name not in ("in_channels", "out_channels")]
    return type(block), *(getattr(block, name) for name in names)


def _spatial(networks: Sequence[Network]) -> Claim:
    counts = {network.name: [bool(block.spatial) for block in _normal(network)] for network in networks}
    used = sum(map(sum, counts.values()))
    return Claim(
        place="Figure 2, Table 1",
        says="Some normal blocks use spatial multiplexing beside channel multiplexing.",
        computed="; ".join(f"{name}: {sum(uses)} of {len(uses)} normal blocks" for name, uses in counts.items()) + ".",
        verdict=verdicts.some(used),
        why="Released are m and l alone. An author says in the repository's issue 1 that it was taken out of both for "
        "latency, at about 0.1 % top-1, and that xs and s use it; those were not released."
        if not used
        else "Counted in the released networks.",
        command=f"muxprof model {networks[-1].name} --no-check",
    )


def _and(texts: Sequence[str]) -> str:
    return " and ".join((", ".join(texts[:-1]), texts[-1])) if len(texts) > 1 else "".join(texts)


# Section 3.1: Table 2.


def _table_2() -> Iterator[Claim]:
    for name, (printed_params, printed_madds) in TABLE_2.items():
        network, subject = _net(name)
        totals = subject.totals
        for what, count, text in (
            ("params", totals.params.total, printed_params),
            ("MAdds", totals.madds, printed_madds),
        ):
            yield Claim(
                place="Table 2",
                says=f"{network.name}, {what}: {text}.",
                computed=grouped(count),
                verdict=verdicts.printed(count, text),
                why=f"The backbone as a classifier of {grouped(network.head.classes)} classes at "
                f"{_size(network.resolution)}, "
                + ("every learnable element." if what == "params" else "conv + linear."),
                command=f"muxprof model {network.name}",
            )
    slower, faster, text = FACTOR
    counts = [_net(name)[1].totals.madds for name in (slower, faster)]
    figures = [TABLE_2[name][1] for name in (slower, faster)]
    exact, of_figures = Fraction(*counts), Fraction(*(figure(printed)[0] for printed in figures))
    yield Claim(
        place="Section 3.1",
        says=f"{faster} is {text} times as efficient in MAdds as {slower}.",
        computed=f"{grouped(counts[0])} / {grouped(counts[1])} = {float(exact):.3f}; {figures[0]} / {figures[1]} = "
        f"{decimal_text(of_figures)}.",
        verdict=verdicts.factor(exact, of_figures, text),
        why=f"To one decimal the counts give {decimal_text(verdicts.nearest(exact, Fraction(1, 10)))}; the figures of "
        f"Table 2, each rounded to one digit, give {decimal_text(of_figures)}.",
        command=f"muxprof compare {slower} {faster}",
    )


# The paper's own totals: which convention gives them.


def _main_paper() -> Iterator[Claim]:
    plain = {name: _net(name)[1].totals.madds for name in MAIN_TABLE_1}
    added = {name: additions(*_net(name)) for name in MAIN_TABLE_1}

    def count(name: str, rule: tuple[str, ...]) -> int:
        return plain[name] + sum(added[name][what] for what in rule)

    def fit(agrees: Callable[[int, str], bool]) -> int:
        return sum(all(agrees(count(name, rule), MAIN_TABLE_1[name]) for name in MAIN_TABLE_1) for rule in rules)

    rules = list(every_rule())
    rounded, cut = fit(rounds_to), fit(verdicts.cut_to)
    others = [rule for rule in RULES if rule not in (RULE, PLAIN)]
    for name, text in MAIN_TABLE_1.items():
        found = count(name, RULES[RULE])
        yield Claim(
            place="Main paper, Table 1",
            says=f"{name}, MAdds: {text}.",
            computed=f"conv + linear: {grouped(plain[name])}; as {RULE} counts: {grouped(found)}, which "
            f"{_against(found, text)}.",
            verdict=verdicts.convention(plain[name], found, text),
            why=f"The released code counts with torchprofile. Version 0.0.1 adds element-wise products "
            f"({grouped(added[name]['products'])}) and the outputs of mean and average pooling "
            f"({grouped(added[name]['pooling outputs'])}) to conv + linear; BatchNorm is nothing to it, and it cannot "
            f"see into the authors' swish. Also tried: "
            f"{'; '.join(f'{rule}, {grouped(count(name, RULES[rule]))}' for rule in others)}. Of all {len(rules)} "
            f"rules (any of products, sums, biases, BatchNorm, ReLU, swish, sigmoid; pooling by outputs, by inputs or "
            f"not), {rounded or 'none'} give{'s' if rounded < 2 else ''} both networks' figures by rounding, "
            f"{cut or 'none'} by cutting digits off.",
            command=f"muxprof model {name}",
        )


def _against(count: int, text: str) -> str:
    if rounds_to(count, text):
        return f"rounds to {text}"
    if verdicts.cut_to(count, text):
        return f"is {text} with the digits behind cut off (rounded, it would be one more)"
    return f"is not {text}"
