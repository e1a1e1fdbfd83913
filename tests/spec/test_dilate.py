"""From a classifier to a segmentation network: which strides are undone, what is assumed, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from muxprof.cost.blocks import conv
from muxprof.document.subjects import network_subject
from muxprof.errors import BadInput
from muxprof.spec import codec, files, zoo
from muxprof.spec.blocks import DsBlock, IrBlock, MuxBlock
from muxprof.spec.classic import AnyBlock, BasicBlock, ConvBlock, PoolBlock, ShuffleBlock
from muxprof.spec.dilate import segmented
from muxprof.spec.networks import Head, Network, Published, Stage, Stem
from muxprof.spec.notation import describe
from muxprof.spec.segmentation import C1Head, PpmHead

EXAMPLES = Path(__file__).parents[2] / "examples" / "networks"
BACKBONES = [name for name in zoo.names() if name not in ("darts", "alexnet")]


def chain(*blocks: AnyBlock, stem: int = 2) -> Network:
    last = blocks[-1]
    width = last.channels if isinstance(last, (MuxBlock, PoolBlock)) else last.out_channels
    return Network("net", Stem(16, stride=stem), (Stage("stage1", blocks),), Head(width))


def blocks_of(network: Network) -> list[AnyBlock]:
    return [block for stage in network.stages for block in stage.blocks]


# --- the rule -------------------------------------------------------------------------------------------------------


def test_resnet18_block_by_block() -> None:
    made = segmented(zoo.network("resnet18"), "c1")
    # ResnetDilated: layer3.0 has dilation 1 and 2, layer3.1 has 2; layer4.0 has 2 and 4, layer4.1 has 4.
    assert blocks_of(made) == [
        PoolBlock(64, 3, 2, 1),
        BasicBlock(64, 64),
        BasicBlock(64, 64),
        BasicBlock(64, 128, 2),
        BasicBlock(128, 128),
        BasicBlock(128, 256, 2, undo_stride=True),
        BasicBlock(256, 256, dilation=2),
        BasicBlock(256, 512, 2, dilation=2, undo_stride=True),
        BasicBlock(512, 512, dilation=4),
    ]
    assert (made.name, made.head, made.published) == ("resnet18+c1", C1Head(512, 150), None)
    assert made.provenance == "paper's table; head and dilation from CSAIL's code"


def test_mobilenetv2_block_by_block() -> None:
    made = blocks_of(segmented(zoo.network("mobilenetv2"), "ppm", 21))
    # features[1:18]: 7 is where the map was halved to 1/16, 14 to 1/32.
    paces = [(b.undo_stride, b.dilation) for b in made if isinstance(b, (DsBlock, IrBlock))]
    assert paces == [*[(False, 1)] * 6, (True, 1), *[(False, 2)] * 6, (True, 2), *[(False, 4)] * 3]


def test_strides_that_fit_into_an_eighth_are_kept() -> None:
    four = segmented(chain(BasicBlock(16, 16, 2)), "c1")
    assert blocks_of(four) == [BasicBlock(16, 16, 2)]
    assert "No stride is undone: the last map is at 1/4 of the image as it is." in four.notes
    assert network_subject(four, 64, 48).layers[-1].outputs == ((1, 150, 16, 12),)
    sixteen = segmented(chain(*(BasicBlock(16, 16, 2),) * 3), "c1")
    assert [b.undo_stride for b in blocks_of(sixteen)] == [False, False, True]  # type: ignore[union-attr]


def test_every_stride_beyond_an_eighth_doubles_the_dilation() -> None:
    made = segmented(chain(*(DsBlock(16, 16, 3, 2), DsBlock(16, 16)) * 4, stem=4), "c1")
    paces = [(b.undo_stride, b.dilation) for b in blocks_of(made)]  # type: ignore[union-attr]
    assert paces == [(False, 1), (False, 1), (True, 1), (False, 2), (True, 2), (False, 4), (True, 4), (False, 8)]
    assert any("at stage1.2 and stage1.4 and stage1.6, and what follows has dilation 2, then 4, then 8;" in note
               for note in made.notes)  # fmt: skip
    six = segmented(chain(DsBlock(16, 16, 3, 2), DsBlock(16, 16, 3, 2), stem=3), "c1")
    assert [b.undo_stride for b in blocks_of(six)] == [False, True]  # type: ignore[union-attr]
    assert any("stays at 1/6" in note for note in six.notes)


def test_what_was_dilated_before_is_dilated_further() -> None:
    made = segmented(chain(DsBlock(16, 16, 3, 2), MuxBlock(16, dilation=3), stem=8), "c1")
    assert blocks_of(made)[1] == MuxBlock(16, dilation=6)
    # One by one there are no taps to set apart; an explicit padding grows with the dilation.
    made = segmented(chain(ConvBlock(16, 8, 1, 2), ConvBlock(8, 8, 1), ConvBlock(8, 8, 5, padding=1), stem=8), "c1")
    assert blocks_of(made) == [
        ConvBlock(16, 8, 1, 2, undo_stride=True),
        ConvBlock(8, 8, 1),
        ConvBlock(8, 8, 5, padding=2, dilation=2),
    ]


def test_the_notes_say_what_was_assumed() -> None:
    notes = {name: " ".join(segmented(zoo.network(name), "ppm").notes) for name in BACKBONES}
    for name, text in notes.items():
        assert "github.com/CSAILVision/semantic-segmentation-pytorch" in text
        assert "the identity at inference" in text
        assert "Strides are undone at stage3.0 and stage4.0, and what follows has dilation 2, then 4" in text
        assert ("three 3x3 convolutions" in text) == (name == "resnet18")
        larger = name.startswith(("muxnet", "mobilenetv3", "mnasnet"))
        assert ("larger kernels" in text) == larger
    assert "the 1x1 convolution to 1280, the pooling and the classifier; that code drops" in notes["mobilenetv2"]
    assert "the place of the pooling and the classifier." in notes["resnet18"]
    assert "the pooling, the hidden layers and the classifier" in notes["mobilenetv3-large"]
    assert "dropout" not in " ".join(segmented(zoo.network("resnet18"), "c1").notes)


def test_what_the_network_said_of_itself_is_kept_but_not_what_was_published() -> None:
    network = replace(chain(BasicBlock(16, 16)), provenance="", notes=("mine",), published=Published("1 M", "1 M", "x"))
    made = segmented(network, "c1")
    assert made.notes[0] == "mine"
    assert made.published is None
    assert made.provenance == "head and dilation from CSAIL's code"


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: segmented(zoo.network("resnet18"), "c2"), r"head = 'c2' is unknown; it is one of c1, ppm"),
        (lambda: segmented(zoo.network("alexnet"), "c1"), r"^alexnet cannot .* head: stage2\.0 is a max pooling"),
        (lambda: segmented(zoo.network("darts"), "ppm"), r"^darts cannot .* head: stage1\.0 is a stack of cells"),
        (lambda: segmented(chain(ConvBlock(16, 16, 5, 4), stem=4), "c1"), r"stage1\.0 has stride 4, where the map"),
        (lambda: segmented(chain(DsBlock(16, 16, 3, 2), PoolBlock(16, 3, 1, 1), stem=8), "c1"), r"stage1\.1 is a max"),
        (lambda: segmented(segmented(zoo.network("resnet18"), "c1"), "ppm"), r"^resnet18\+c1 has a segmentation head"),
        (lambda: segmented(zoo.network("resnet18"), "c1", 0), r"resnet18 cannot .*: classes = 0 is out of range"),
        (lambda: segmented(chain(DsBlock(16, 3)), "c1"), "in_channels = 3 has no quarter"),
        (lambda: segmented(chain(DsBlock(16, 16, 3, 2), DsBlock(16, 16, dilation=64), stem=8), "c1"), "dilation = 128"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused(make: Callable[[], Network], said: str) -> None:
    with pytest.raises(BadInput, match=said):
        make()


# --- dilation in blocks ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: DsBlock(8, 8, dilation=0), "dilation = 0 is out of range; it must be an integer from 1 to 64"),
        (lambda: IrBlock(8, 8, dilation=65), "dilation = 65 is out of range"),
        (lambda: MuxBlock(8, dilation=True), "dilation = True is not an integer"),
        (lambda: ConvBlock(8, 8, dilation=-1), "dilation = -1 is out of range"),
        (lambda: BasicBlock(8, 8, undo_stride=True), "undo_stride = true has no stride to undo: stride = 1"),
        (lambda: ShuffleBlock(8, 8, undo_stride=True), "undo_stride = true has no stride to undo"),
        (lambda: ConvBlock(8, 8, 3, padding=5, dilation=2), "kernel 3 with dilation 2 takes 0 to 4"),
        (lambda: ConvBlock(8, 8, 3, padding=3), "padding = 3 is out of range; kernel 3 takes 0 to 2"),
        (lambda: C1Head(3), "in_channels = 3 has no quarter"),
        (lambda: PpmHead(8, scales=()), "scales has 0 entries; a ppm head has 1 to 64"),
        (lambda: PpmHead(8, scales=(1, 0)), "scales = 0 is out of range"),
        (lambda: PpmHead(8, width=0), "width = 0 is out of range"),
    ],
)
def test_impossible_values_are_refused(make: Callable[[], object], said: str) -> None:
    with pytest.raises(BadInput, match=said):
        make()


def test_a_dilated_convolution_with_its_own_padding_by_hand() -> None:
    # 5x5 with dilation 3 reaches over 13: (40 + 2 * 2 - 13) // 2 + 1 = 16 by (33 + 4 - 13) // 2 + 1 = 13.
    assert conv("c", (8, 40, 33), 4, 5, 8, 2, padding=2, dilation=3).outputs == ((4, 16, 13),)
    # Without a padding of its own it has as much as its taps are apart: half the size, rounded up.
    assert conv("c", (8, 40, 33), 4, 5, 8, 2, dilation=3).outputs == ((4, 20, 17),)


def test_labels() -> None:
    assert describe(DsBlock(8, 8, dilation=2)) == "ds K3 s1 d2 8 relu"
    assert describe(IrBlock(8, 16, stride=2, undo_stride=True)) == "ir K3 s2->1 E6 8-16 relu"
    assert describe(IrBlock(8, 16, stride=2, dilation=2, undo_stride=True)) == "ir K3 s2->1 d2 E6 8-16 relu"
    assert describe(MuxBlock(8, dilation=4)) == "mux K3 d4 E6 8 L0 G1 relu"
    assert describe(ConvBlock(8, 16, 5, 2, dilation=3)) == "conv K5 s2 d3 8-16 relu"
    # Two convolutions, the second behind the stride that is undone.
    assert describe(BasicBlock(8, 16, 2, dilation=2, undo_stride=True)) == "basic K3 s2->1 d2,4 8-16 relu"
    assert describe(BasicBlock(8, 8, dilation=2)) == "basic K3 s1 d2 8-8 relu"
    assert describe(ShuffleBlock(8, 16, 2, undo_stride=True)) == "shuffle K3 s2->1 8-16 relu"
    subject = network_subject(segmented(zoo.network("resnet18"), "c1"), 64, 64)
    assert subject.labels["head"] == "c1 K3 512-128-150"
    subject = network_subject(segmented(zoo.network("muxnet-m"), "ppm", 7), 64, 64)
    assert subject.labels["head"] == "ppm [1,2,3,6] K3 200-512-7"


# --- as JSON and as TOML --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", BACKBONES)
@pytest.mark.parametrize("head", ["c1", "ppm"])
def test_segmentation_networks_go_round_exactly(name: str, head: str) -> None:
    network = segmented(zoo.network(name), head)
    assert codec.decode(codec.encode(network)) == network
    text = files.text(network)
    assert files.parse(text) == network
    assert f'[head]\ntype = "{head}"\nclasses = 150\n' in text
    assert text.count("undo_stride = true") == 2


@pytest.mark.parametrize("name", ["multiplexed", "tiny-residual", "small-mobile"])
def test_networks_of_ones_own_go_round_too(name: str) -> None:
    network = segmented(files.read(EXAMPLES / f"{name}.toml"), "ppm", 5)
    assert files.parse(files.text(network)) == network


def test_documents_of_before_are_written_and_read_as_before() -> None:
    for name in zoo.names():
        text = str(codec.encode(zoo.network(name)))
        assert "dilation" not in text
        assert "undo_stride" not in text
    encoded = codec.encode(BasicBlock(8, 16, 2, dilation=2, undo_stride=True))
    assert (encoded["dilation"], encoded["undo_stride"]) == (2, True)


def test_a_spec_in_the_wrong_place_is_refused() -> None:
    value = codec.encode(zoo.network("resnet18"))
    with pytest.raises(BadInput, match=r"spec\.head is of type conv; it must be head, c1, ppm\."):
        codec.decode({**value, "head": codec.encode(ConvBlock(512, 512))})
    with pytest.raises(BadInput, match=r"spec\.stem is of type c1; it must be stem\."):
        codec.decode({**value, "stem": codec.encode(C1Head(8))})


FILE = """\
name = "net"

[defaults]
act = "swish"

[stem]
out = 16

[[stage]]
blocks = [
  { type = "basic", out = 16, stride = 2, undo_stride = true, dilation = 3, repeat = 3 },
  { type = "mux", dilation = 2 },
  { type = "conv", out = 8, dilation = 2, padding = 4, act = "relu" },
]

[head]
type = "ppm"
width = 32
scales = [1, 4]
classes = 21
"""


def test_a_file_with_dilation_and_a_head() -> None:
    network = files.parse(FILE)
    assert blocks_of(network) == [
        BasicBlock(16, 16, 2, "swish", dilation=3, undo_stride=True),
        BasicBlock(16, 16, 1, "swish", dilation=6),
        BasicBlock(16, 16, 1, "swish", dilation=6),
        MuxBlock(16, Fraction(6), act="swish", dilation=2),
        ConvBlock(16, 8, padding=4, dilation=2),
    ]
    assert network.head == PpmHead(8, 21, 32, (1, 4))
    assert files.parse(files.text(network)) == network
    classifier = FILE.replace('type = "ppm"\nwidth = 32\nscales = [1, 4]', 'type = "classifier"')
    assert files.parse(classifier).head == Head(8, classes=21, act="swish")
    assert files.parse(FILE.split("width")[0]).head == PpmHead(8, 150)


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ('"ppm"', '"pmp"', 17, "head.type: 'pmp' is unknown; did you mean ppm? it is one of classifier, c1, ppm."),
        ('"ppm"', "1", 17, "head.type: 1 is unknown; did you mean c1? it is one of"),
        ('"ppm"', '"c1"', 18, "head.width: unknown in a head of type c1; known: type, classes."),
        ("scales", "scale", 19, "head.scale: unknown in a head of type ppm; did you mean scales? known: type, width"),
        ("[1, 4]", "[]", 19, "head.scales: scales has 0 entries"),
        ("[1, 4]", "[0]", 19, "head.scales: scales = 0 is out of range"),
        ("dilation = 3", "dilation = 0", 11, "stage.blocks.dilation: dilation = 0 is out of range"),
        ("dilation = 3", "dilation = 2.5", 11, "stage.blocks.dilation: 2.5 is not allowed; it must be an integer"),
        ("dilation = 3", "dilation = 33", 11, "stage.blocks.repeat: as repetition 2 it is impossible: dilation = 66"),
        ("stride = 2, ", "", 11, "stage.blocks.undo_stride: undo_stride = true has no stride to undo: stride = 1"),
        ("undo_stride = true", "undo_stride = 2", 11, "stage.blocks.undo_stride: 2 is not allowed; it must be true or"),
        ("dilation = 2 }", "undo_stride = true }", 12, "stage.blocks.undo_stride: unknown in a block of type mux"),
        ("padding = 4", "padding = 5", 13, "stage.blocks.padding: padding = 5 is out of range; kernel 3 with dilat"),
    ],
)  # fmt: skip
def test_a_broken_file_names_line_and_key(old: str, new: str, line: int, words: str) -> None:
    assert old in FILE
    with pytest.raises(BadInput) as caught:
        files.parse(FILE.replace(old, new, 1), "net.toml")
    assert str(caught.value).startswith(f"net.toml:{line}: {words}")
