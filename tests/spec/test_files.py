"""Networks as TOML files: exact round trips, forgiving forms, and one-line errors that name file, line and key."""

from __future__ import annotations

import random
import re
import time
import tracemalloc
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import muxprof
from muxprof.errors import BadInput
from muxprof.spec import files, zoo
from muxprof.spec.blocks import DsBlock, IrBlock, MuxBlock, Squeeze
from muxprof.spec.classic import BasicBlock, ConvBlock, PoolBlock
from muxprof.spec.networks import Head, Network, Published, Stage, Stem
from muxprof.spec.segmentation import C1Head, PpmHead
from muxprof.spec.toml_lines import positions

EXAMPLES = sorted((Path(__file__).parents[2] / "examples" / "networks").glob("*.toml"))
EXPORTABLE = [name for name in zoo.names() if name != "darts"]

VALID = """\
name = "net"
resolution = [32, 48]

[defaults]
act = "swish"

[stem]
out = 16

[[stage]]
blocks = [
  { type = "ir", out = 24, kernel = [3, 5], stride = 2, expansion = 2.5, repeat = 2 },
]

[[stage]]
name = "stage5"

[[stage.blocks]]
type = "mux"
group = 2
leave_out = 0.5
spatial = [-1, 1]

[[stage.blocks]]
type = "ds"
out = 40
se = "1/3"

[head]
classes = 10
"""


def test_every_key_is_where_it_belongs() -> None:
    assert files.parse(VALID) == Network(
        name="net",
        stem=Stem(16, act="swish"),
        stages=(
            Stage(
                "stage1",
                (
                    IrBlock(16, 24, Fraction(5, 2), (3, 5), 2, None, "swish"),
                    IrBlock(24, 24, Fraction(5, 2), (3, 5), 1, None, "swish"),
                ),
            ),
            Stage(
                "stage5",
                (
                    MuxBlock(24, Fraction(6), 2, Fraction(1, 2), 3, (-1, 1), None, "swish"),
                    DsBlock(24, 40, 3, 1, Fraction(1, 3), "swish"),
                ),
            ),
        ),
        head=Head(40, classes=10, act="swish"),
        resolution=(32, 48),
        provenance="file",
    )


@pytest.mark.parametrize("name", EXPORTABLE)
def test_the_zoo_goes_round_exactly(name: str, tmp_path: Path) -> None:
    network = zoo.network(name)
    path = tmp_path / "net.toml"
    path.write_text(files.text(network), encoding="utf-8")
    assert files.read(path) == network
    assert muxprof.model(path).subjects == muxprof.model(name).subjects


def test_what_the_format_has_no_words_for_is_refused() -> None:
    with pytest.raises(BadInput, match=r"^darts cannot be written as TOML: stage\d\.0 is a CellStack, .* have ds, ir"):
        files.text(zoo.network("darts"))
    with pytest.raises(BadInput, match=r"cannot be written as TOML: .*one line"):
        files.text(replace(zoo.network("resnet18"), notes=("two\nlines",)))
    with pytest.raises(BadInput, match="cannot be written as TOML"):  # a ratio of more digits than can be read
        files.text(with_blocks(DsBlock(16, 16, se=Fraction(1, 10**30))))


def with_blocks(*blocks: DsBlock | IrBlock | MuxBlock | ConvBlock | PoolBlock | BasicBlock) -> Network:
    last = blocks[-1]
    width = last.channels if isinstance(last, (MuxBlock, PoolBlock)) else last.out_channels
    return Network("net", Stem(16), (Stage("stage1", blocks),), Head(width))


@pytest.mark.parametrize(
    "network",
    [
        replace(with_blocks(DsBlock(16, 8)), provenance="", notes=('quotes " and \\ and \t'.replace("\t", "é"),)),
        with_blocks(DsBlock(16, 8, norm=False), DsBlock(8, 8), IrBlock(8, 8, Fraction(7, 8)), PoolBlock(8, 2, 1, 1)),
        with_blocks(*(PoolBlock(16, 3, 2, 1),) * 2, PoolBlock(16, 3, 1, 1), ConvBlock(16, 8, 5, 4, 0, bias=True)),
        # The second could not be the repetition of the first: 8/16 of 7 channels is no whole number.
        with_blocks(IrBlock(16, 7, Fraction(1, 2)), IrBlock(7, 7, Fraction(2))),
        with_blocks(MuxBlock(16, spatial=(0,)), MuxBlock(16, group=2), MuxBlock(16, leave_out=Fraction(7, 16))),
        # Most have squeeze and excite, one has none; two ways of squeezing.
        with_blocks(
            *(DsBlock(16, 16, se=Fraction(1, 4), squeeze=Squeeze("middle", 8, "relu6", "hard_sigmoid")),) * 3,
            DsBlock(16, 16),
            DsBlock(16, 16, se=Fraction(1, 7), act="relu6"),
        ),
        replace(with_blocks(BasicBlock(16, 16)), published=Published("1.0 M", "2 B", "a source", "a note")),
        replace(with_blocks(BasicBlock(16, 16)), head=Head(16, 32, 7, "swish", (1, 2), 3), resolution=(1, 16384)),
    ],
    ids=["texts", "norm", "pool", "unrepeatable", "spatial", "squeeze", "published", "head"],
)
def test_odd_networks_go_round_exactly(network: Network) -> None:
    assert files.parse(files.text(network)) == network


def again(last: DsBlock | IrBlock | BasicBlock, width: int) -> DsBlock | IrBlock | BasicBlock:
    """What ``repeat`` means, in the words of the README."""
    dilation = last.dilation * 2 if last.undo_stride else last.dilation
    return replace(last, in_channels=width, stride=1, undo_stride=False, dilation=dilation)


@st.composite
def networks(draw: st.DrawFn) -> Network:
    act = st.sampled_from(["relu", "relu6", "swish", "hard_swish"])
    se = st.sampled_from([None, Fraction(1, 4), Fraction(3, 4), Fraction(1, 3)])
    squeeze = st.builds(Squeeze, st.sampled_from(["input", "middle"]), st.sampled_from([1, 8]), st.none() | act)
    width = first = draw(st.sampled_from([8, 16, 24]))
    blocks: list[DsBlock | IrBlock | MuxBlock | BasicBlock] = []
    for _ in range(draw(st.integers(1, 6))):
        made = draw(st.sampled_from([width, width, 16, 48]))
        kind = draw(st.sampled_from(["ds", "ir", "mux", "basic", "again"]))
        rest: dict[str, Any] = {"se": draw(se), "act": draw(act), "norm": draw(st.booleans()), "squeeze": draw(squeeze)}
        stride = draw(st.sampled_from([1, 2]))
        pace: dict[str, Any] = {"dilation": draw(st.sampled_from([1, 1, 2, 3]))}
        rest |= pace
        if kind != "mux":
            pace["undo_stride"] = stride == 2 and draw(st.booleans())
        if kind == "again" and blocks:
            last = blocks[-1]
            try:
                blocks.append(last if isinstance(last, MuxBlock) else again(last, width))
            except BadInput:
                continue
        elif kind == "mux":
            leave_out = draw(st.sampled_from([Fraction(0), Fraction(1, 4), Fraction(1, 2), Fraction(5, 8)]))
            spatial = draw(st.sampled_from([(), (), (0,), (-1, 0)]))
            blocks.append(MuxBlock(width, Fraction(4), draw(st.sampled_from([1, 2])), leave_out, 5, spatial, **rest))
        elif kind == "ir":
            kernels = draw(st.sampled_from([(3,), (5,), (3, 5, 7)]))
            expansion = draw(st.sampled_from([Fraction(6), Fraction(9, 2), Fraction(3 * width + 1, width)]))
            try:
                blocks.append(IrBlock(width, made, expansion, kernels, stride, **rest | pace))
            except BadInput:
                continue
            width = made
        elif kind == "basic":
            blocks.append(BasicBlock(width, made, stride, rest["act"], **pace))
            width = made
        else:
            blocks.append(DsBlock(width, made, 3, stride, **rest | pace))
            width = made
    blocks = blocks or [DsBlock(width, width)]
    cut = draw(st.integers(1, len(blocks)))
    stages = tuple(Stage(f"stage{i}", tuple(part)) for i, part in enumerate((blocks[:cut], blocks[cut:])) if part)
    heads: list[Head | C1Head | PpmHead] = [Head(width, act=draw(act)), C1Head(width), PpmHead(width, 7, 8, (2, 5))]
    head = draw(st.sampled_from(heads))
    return Network("net", Stem(first, act=draw(act)), stages, head, provenance="x")


@settings(max_examples=150, deadline=None)
@given(networks())
def test_any_network_goes_round_exactly(network: Network) -> None:
    assert files.parse(files.text(network)) == network


# --- forgiving forms ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("blocks", "block"),
        ("leave_out = 0.5", 'L = "1/2"'),
        ("leave_out = 0.5", "leave_out = 5e-1"),
        ("leave_out = 0.5", 'leave_out = "0.50"'),
        ("group = 2", "G = 2"),
        ("spatial = ", "S = "),
        ("kernel = [3, 5]", "K = [3, 5]"),
        ("expansion = 2.5", 'E = "5/2"'),
        ("out = 24", "channels = 24"),
        ("out = 24", "C = 24"),
        ('type = "mux"', 'type = "mux"\nout = 24'),
        ("act = ", "activation = "),
        ("resolution = [32, 48]", 'resolution = "32x48"'),
        ("[stem]\nout = 16", "stem.out = 16"),
        ("[stem]\nout = 16", "[stem]\n'out' = 0x10"),
        ("\n", "\r\n"),
        ("name", "\ufeffname"),
        ('name = "net"', 'name = """\\\n  net"""   # "[[a'),
    ],
)
def test_other_ways_to_write_the_same(old: str, new: str, tmp_path: Path) -> None:
    assert old in VALID
    changed = VALID.replace(old, new) if old in ("blocks", "\n") else VALID.replace(old, new, 1)
    if new.startswith("stem.out"):  # a dotted key belongs above the first header
        changed = f"{new}\n{VALID.replace(old, '', 1)}"
    path = tmp_path / "net.toml"
    path.write_bytes(changed.encode())
    assert files.read(path) == files.parse(VALID)


def test_decimals_are_exact() -> None:
    network = files.parse(VALID.replace("2.5,", "2.500000000000000000,"))
    assert network == files.parse(VALID)
    with pytest.raises(BadInput, match="leave_out: C = 24"):  # in binary this is 0.5
        files.parse(VALID.replace("leave_out = 0.5", "leave_out = 0.500000000000000001"))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_the_examples_read_and_go_round(path: Path) -> None:
    network = files.read(path)
    assert files.parse(files.text(network)) == network
    assert any(line.lstrip().startswith("#") for line in path.read_text(encoding="utf-8").splitlines())


def test_the_examples_are_what_they_say() -> None:
    assert len(EXAMPLES) >= 3
    by_name = {path.stem: files.read(path) for path in EXAMPLES}
    assert by_name["muxnet-m"] == zoo.network("muxnet-m")
    spatial = [b.spatial for s in by_name["multiplexed"].stages for b in s.blocks if isinstance(b, MuxBlock)]
    assert (-1, 0, 1) in spatial
    # ResNet-20 for CIFAR with projections, as its reimplementations count it.
    tiny = muxprof.model(next(path for path in EXAMPLES if path.stem == "tiny-residual"))
    assert tiny.subjects[0].totals.params.total == 272_474


# --- broken files ---------------------------------------------------------------------------------------------------

#: What is changed in the valid file, the line that is named, and words of the message.
BROKEN: list[tuple[str, str, int, str]] = [
    ("out = 16", "out = ", 8, "it is no TOML: invalid value"),
    ("[stem]", "[stem", 7, "it is no TOML: expected ']'"),
    ("repeat = 2 }", "repeat = 2, }", 12, "no comma stands before }"),
    ("stride = 2,", "stride = 2,\n", 12, "a table in { } stands on one line"),
    ("out = 16", "out = 16\nout = 17", 9, "out: given twice; a key has one value"),
    ("[head]", "[stem]\n[head]", 29, "[stem]: given twice"),
    ("stride = 2", "stride = 1, stride = 2", 12, "'stride': given twice"),
    ("out = 16", "outs = 16", 8, "stem.outs: unknown in stem; did you mean out? known: out, in, kernel"),
    ("group = 2", "groups = 2", 20, "stage.blocks.groups: unknown in a block of type mux; did you mean group?"),
    ("classes", "num_classes", 30, "head.num_classes: unknown in head; did you mean classes?"),
    ("out = 40", "in = 24\nout = 40", 26, "stage.blocks.in: unknown in a block of type ds; input widths follow"),
    ('name = "net"', 'title = "net"', 1, "title: unknown in a network"),
    ('name = "net"\n', "", 1, "name: missing"),
    ('name = "net"', 'name = ""', 1, "name: '' is not allowed"),
    ('name = "net"', 'name = "[red]"', 1, "name: '[red]' is not allowed; a name has 1 to 100 characters, and no"),
    ("name", '"a\\nb" = 1\nname', 1, "'a\\nb': unknown"),
    ("out = 40\n", "", 24, "stage.blocks.out: missing; a block of type ds needs it"),
    ("[head]\nclasses = 10\n", "", 1, "head: missing; a network ends with [head]"),
    ("[stem]\nout = 16\n", "", 1, "stem: missing; a network begins with [stem]"),
    ("out = 16", 'out = "sixteen"', 8, "stem.out: 'sixteen' is not allowed; it must be an integer"),
    ("out = 16", "out = 16.0", 8, "stem.out: 16.0 is not allowed; it must be an integer"),
    ("out = 16", "out = true", 8, "stem.out: true is not allowed"),
    ("out = 16", "out = 2020-01-01", 8, "stem.out: 2020-01-01 is not allowed"),
    ("out = 16", "out = 0", 8, "stem.out: out_channels = 0 is out of range"),
    ("out = 16", "out = 10000000000", 8, "stem.out: out_channels = 10000000000 is out of range"),
    ("out = 16", f"out = 0x{'f' * 5000}", 8, "stem.out: an integer of 20,000 bits"),
    ("out = 16", f"out = {'9' * 5000}", 8, "an integer has thousands of digits"),
    ("group = 2\nleave_out = 0.5\nspatial = [-1, 1]", "kernel = 3\ngroup = 5", 21, "G = 5 does not divide the 144"),
    ("leave_out = 0.5", "leave_out = 0.3", 21, "stage.blocks.leave_out: C = 24 with L = 0.3 leaves 16.8 channels"),
    ("leave_out = 0.5", "leave_out = nan", 21, "stage.blocks.leave_out: nan is not allowed; it must be a number"),
    ("leave_out = 0.5", 'leave_out = "1/0"', 21, "stage.blocks.leave_out: '1/0' is not allowed"),
    ("leave_out = 0.5", "L = 0.5\nleave_out = 0.5", 22, "leave_out: L says the same; give one of them"),
    ("[-1, 1]", "[-1, 0, 0, 1, 1]", 22, "stage.blocks.spatial: S = -1,0,0,1,1: branch 4, superpixel (1), gets 14"),
    ("[-1, 1]", "[-1, 2]", 22, "stage.blocks.spatial: S has the entry 2"),
    ("[-1, 1]", "[-1, 0.5]", 22, "stage.blocks.spatial: 0.5 is not allowed"),
    ("[-1, 1]", str([0] * 65), 22, "stage.blocks.spatial: it has 65 entries; at most 64"),
    ('type = "mux"', 'type = "mix"', 19, "stage.blocks.type: 'mix' is unknown; did you mean mux? it is one of ds, ir"),
    ('type = "mux"', "type = 3", 19, "stage.blocks.type: 3 is unknown"),
    ('type = "mux"\n', "", 18, "stage.blocks.type: missing; it is one of ds, ir, mux"),
    ('type = "mux"', 'type = "mux"\nout = 32', 20, "32 does not follow; a block of type mux keeps its channels, and"),
    ('type = "mux"', 'type = "mux"\nstride = 2', 20, "stage.blocks.stride: unknown in a block of type mux"),
    ("kernel = [3, 5]", "kernel = [3, 4]", 12, "stage.blocks.kernel: K = 4 is even"),
    ("kernel = [3, 5]", "kernel = []", 12, "stage.blocks.kernel: K has 0 kernels"),
    ("expansion = 2.5", "expansion = 2.51", 12, "stage.blocks.expansion: E = 2.51 makes 40.16 middle channels of 16"),
    ("expansion = 2.5", "expansion = [2.5]", 12, "stage.blocks.expansion: a list is not allowed"),
    ("stride = 2", "stride = 3", 12, "stage.blocks.stride: stride = 3 is not supported"),
    ("repeat = 2", "repeat = 1000000000", 12, "stage.blocks.repeat: 1000000000 is out of range; it must be from 1 to"),
    ("repeat = 2", "repeat = 10000", 18, "stage.blocks.repeat: this makes 10,001 blocks; a network has at most 10,000"),
    ("repeat = 2", "repeat = 0", 12, "stage.blocks.repeat: 0 is out of range"),
    ("out = 24", "out = 25", 12, "stage.blocks.repeat: as repetition 2 it is impossible: E = 2.5 makes 62.5"),
    ('se = "1/3"\n', '[[stage.blocks]]\ntype = "shuffle"\nout = 41\n', 29, "out: out_channels = 41 is odd"),
    ('se = "1/3"\n', '[[stage.blocks]]\ntype = "shuffle"\nout = 48\n', 27, "takes 40 and gives 48"),
    ('se = "1/3"', 'se = "one third"', 27, "stage.blocks.se: 'one third' is not allowed"),
    ('se = "1/3"', "se = 17", 27, "stage.blocks.se: SE = 17 is out of range"),
    ('se = "1/3"', 'squeeze = { base = "end" }', 27, "stage.blocks.squeeze.base: squeeze base = 'end' is unknown"),
    ('se = "1/3"', "squeeze = 8", 27, "stage.blocks.squeeze: 8 is not allowed; squeeze is a table"),
    ('"swish"', '"gelu"', 5, "defaults.act: activation = 'gelu' is unknown; it is one of relu, relu6"),
    ('act = "swish"', "kernel = 3", 5, "defaults.kernel: unknown in defaults"),
    ("classes = 10", "classes = 10\nhidden = [8, 0]", 31, "head.hidden: hidden = 0 is out of range"),
    ("classes = 10", "classes = 10.5", 30, "head.classes: 10.5 is not allowed"),
    ("[32, 48]", "[32, 48, 3]", 2, "resolution: it has 3 entries; write 224 or [height, width]"),
    ("[32, 48]", "[0, 48]", 2, "resolution: H = 0 is out of range"),
    ("[32, 48]", "[32, 1000000]", 2, "resolution: W = 1000000 is out of range"),
    ("[32, 48]", '"big"', 2, "resolution: resolution 'big' is not a size"),
    ("[32, 48]", "{ h = 1 }", 2, "resolution: a table is not allowed"),
    ('"stage5"', '"stage1"', 16, "stage.name: several stages are called stage1"),
    ('"stage5"', '"head"', 16, "stage.name: stage name 'head' is not allowed"),
    ("[32, 48]", "[32, 48]\npublished = { params = \"many\" }", 3, "published.params: 'many' is not allowed"),
    ("[32, 48]", '[32, 48]\npublished = { params = "0 M" }', 3, "published.params: '0 M' is not allowed"),
    ("[32, 48]", '[32, 48]\npublished = { params = "1 M" }', 3, "published.madds: missing"),
    ("[32, 48]", f"{'[' * 5000}{']' * 5000}", 2, "it nests deeper than 32 levels"),
    ("[32, 48]", f"1\n{'.'.join('a' * 5000)} = 1", 3, "it nests deeper than 32 levels"),
    ("[32, 48]", "1\nstage5 = { stage = { stage = 1 } }", 3, "stage5: unknown in a network; did you mean stage?"),
]  # fmt: skip


def refused(path: Path) -> str:
    with pytest.raises(BadInput) as caught:
        files.read(path)
    message = str(caught.value)
    assert "\n" not in message
    assert message.isprintable()
    return message


@pytest.mark.parametrize(("old", "new", "line", "words"), BROKEN, ids=[f"{b[2]}-{b[3][:40]}" for b in BROKEN])
def test_a_broken_file_names_line_and_key(old: str, new: str, line: int, words: str, tmp_path: Path) -> None:
    assert old in VALID
    path = tmp_path / "net.toml"
    path.write_text(VALID.replace(old, new, 1), encoding="utf-8")
    message = refused(path)
    assert message.startswith(f"{path}:{line}: ")
    assert words in message
    assert len(message) < 400 + len(str(path))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", ":1: name: missing"),
        (b'name = "a"\n[stem]\nout = 8\n[head]\n', ":1: stage: missing; a network has at least one [[stage]]"),
        (b'name = "a"\nstage = []\n[stem]\nout = 8\n[head]\n', ":2: stage: it is empty"),
        (b'name = "a"\n[stem]\nout = 8\n[[stage]]\n[head]\n', ":4: stage.blocks: missing; a stage has at least one"),
        (b'name = "a"\n[stem]\nout = 8\n[[stage]]\nblocks = []\n[head]\n', ":5: stage.blocks: it is empty"),
        (b'name = "a"\n[stem]\nout = 8\n[stage]\n[head]\n', ":4: stage: a table is not allowed; it must be a list of"),
        (b'name = "a"\nstage = [1]\n[stem]\nout = 8\n[head]\n', ":2: stage: 1 is not allowed; a stage is a table"),
        (b'name = "a"\nstem = 8\n[[stage]]\nblocks = [1]\n[head]\n', ":2: stem: 8 is not allowed; it must be a table"),
        (b'name = "a"\n\xff\n', ":2: it is not UTF-8 text (byte 0xff)"),
        ('name = "a"\n'.encode("utf-16"), ":1: it is not UTF-8 text"),
        (b"\x00" * 100, ":1: it is no TOML"),
        (b"#" * (1 << 20) + b"#", ": it is larger than 1,048,576 bytes"),
        (b'name = "' + b"x" * 101 + b'"', ":1: name: 'xxxx"),
        (b"[[stage]]\n" * 1001 + b"[stem]\nout = 8\n[head]\n[z]\n", ":1005: z: unknown"),
        (b'name = "a"\nhead = {}\nstem.out = 8\n' + b"[[stage]]\nblocks = [{}]\n" * 1001, ":2004: stage: there are"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_network(content: bytes, words: str, tmp_path: Path) -> None:
    path = tmp_path / "net.toml"
    path.write_bytes(content)
    assert refused(path).startswith(f"{path}{words}")


def test_what_is_no_file(tmp_path: Path) -> None:
    assert refused(tmp_path) == f"{tmp_path}: Is a directory."
    assert refused(tmp_path / "none.toml") == f"{tmp_path / 'none.toml'}: No such file or directory."
    with pytest.raises(BadInput, match="null"):
        files.read("a\0.toml")
    if Path("/dev/zero").exists():
        assert "larger than" in refused(Path("/dev/zero"))


@pytest.mark.parametrize(
    "text",
    [
        VALID.replace("repeat = 2", "repeat = 9223372036854775807"),
        VALID.replace("out = 16", "out = 9223372036854775807"),
        VALID.replace("[-1, 1]", "[" + "0, " * 300_000 + "]"),
        "[[stage]]\n" * 100_000,
        "a = " + "[" * 500_000,
        '"""\\' * 250_000,
        "'''\\" * 250_000,
        ".".join("a" * 500_000) + " = 1",
        "x = {" * 200_000,
        "[a" + ".a" * 500_000 + "]",
    ],
    ids=["repeat", "width", "list", "stages", "brackets", "quotes", "literals", "dots", "braces", "header"],
)
def test_a_hostile_file_is_refused_at_once(text: str) -> None:
    began = time.process_time()
    with pytest.raises(BadInput):
        files.parse(text)
    assert time.process_time() - began < 10  # seconds of this process; most take one


def test_a_refused_repeat_allocates_nothing() -> None:
    text = VALID.replace("repeat = 2", "repeat = 9223372036854775807")
    tracemalloc.start()
    with pytest.raises(BadInput):
        files.parse(text)
    assert tracemalloc.get_traced_memory()[1] < 2_000_000
    tracemalloc.stop()


def refusal(text: str) -> str:
    """Why a text is refused; nothing where it is read. Anything but BadInput goes through."""
    try:
        files.parse(text, "net.toml")
    except BadInput as error:
        return str(error)
    return ""


DAMAGE = [
    '"',
    "'",
    "[",
    "]",
    "{",
    "}",
    ",",
    "=",
    "\n",
    " ",
    ".",
    "#",
    "-",
    "0",
    "9",
    "e",
    "_",
    "\\",
    "\0",
    "é",
    "\r",
    "",
]


def test_a_damaged_character_never_ends_in_anything_but_bad_input() -> None:
    source = random.Random(20201122)
    texts = [VALID, *(path.read_text(encoding="utf-8") for path in EXAMPLES)]
    refusals = []
    for _ in range(1500):
        text = source.choice(texts)
        at = source.randrange(len(text))
        refusals.append(refusal(text[:at] + source.choice(DAMAGE) + text[at + source.randrange(2) :]))
    assert 100 < refusals.count("") < 1400
    assert all(re.match(r"net\.toml:\d+: [^\n]+$", refused) for refused in refusals if refused)


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=60), st.integers(0, len(VALID)), st.integers(0, 20))
def test_any_text_put_anywhere(words: str, at: int, cut: int) -> None:
    assert re.match(r"(net\.toml:\d+: [^\n]+)?$", refusal(VALID[:at] + words + VALID[at + cut :]))


# --- lines ----------------------------------------------------------------------------------------------------------


def test_lines_of_every_form() -> None:
    text = '''\
# [no] = "table"
top = "a # b [c]"  # = x
long = """
[[stage]]
"" \\"""" # five quotes, the last two closing
[a . 'b']
c.d = [ # a list
  1, [2,
  3],
  { e = 1.5e3, "f" = '}' }
]
[[l]]
[[l.m]]
[[l]]
  [[l.m]]
  x = 1979-05-27 07:32:00
  [[l.m]]
  [l.m.n]
  y = 1
'''
    found = positions(text)
    assert found == {
        (): 1,
        ("top",): 2,
        ("long",): 3,
        ("a", "b"): 6,
        ("a", "b", "c"): 7,
        ("a", "b", "c", "d"): 7,
        ("a", "b", "c", "d", 0): 8,
        ("a", "b", "c", "d", 1): 8,
        ("a", "b", "c", "d", 1, 0): 8,
        ("a", "b", "c", "d", 1, 1): 9,
        ("a", "b", "c", "d", 2): 10,
        ("a", "b", "c", "d", 2, "e"): 10,
        ("a", "b", "c", "d", 2, "f"): 10,
        ("l",): 12,
        ("l", 0): 12,
        ("l", 0, "m"): 13,
        ("l", 0, "m", 0): 13,
        ("l", 1): 14,
        ("l", 1, "m"): 15,
        ("l", 1, "m", 0): 15,
        ("l", 1, "m", 0, "x"): 16,
        ("l", 1, "m", 1): 17,
        ("l", 1, "m", 1, "n"): 18,
        ("l", 1, "m", 1, "n", "y"): 19,
    }  # fmt: skip
