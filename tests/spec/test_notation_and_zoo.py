from fractions import Fraction

import pytest

from muxprof import BadInput
from muxprof.spec import DsBlock, IrBlock, MuxBlock, zoo
from muxprof.spec.codec import decode, encode
from muxprof.spec.networks import Head, Network, Stage, Stem
from muxprof.spec.notation import describe, resolution, spatial


def test_describe() -> None:
    assert describe(DsBlock(24, 24, 3, 1, Fraction(1, 4))) == "ds K3 s1 24 SE.25 relu"
    assert (
        describe(IrBlock(24, 40, Fraction(6), (3, 5, 7), 2, Fraction(3, 4), "swish"))
        == "ir K[3,5,7] s2 E6 24-40 SE.75 swish"
    )
    assert describe(MuxBlock(40, Fraction(6), 2, Fraction(1, 2), 5)) == "mux K5 E6 40 L.5 G2 relu"
    assert describe(MuxBlock(40, Fraction(6), 2, Fraction(0), 3, (-1, 0))) == "mux K3 E6 40 L0 S[-1,0] relu"


def test_spatial() -> None:
    assert spatial("0") == spatial(0) == spatial("") == spatial([]) == ()
    assert spatial("-1,0,1") == spatial("[-1, 0, 1]") == spatial((-1, 0, 1)) == (-1, 0, 1)
    assert spatial("1") == (1,)
    for wrong in ("a", "1;0", "1,,0", "0," * 70 + "0"):
        with pytest.raises(BadInput, match="S "):
            spatial(wrong)


def test_resolution() -> None:
    assert resolution(224) == resolution("224") == (224, 224)
    assert resolution("224x192") == (224, 192)
    for wrong in ("", "x", "224x", "1x2x3", "-5", "nan", "0", "99999999999999999999", 0, -1):
        with pytest.raises(BadInput):
            resolution(wrong)


def test_names_are_forgiving_and_near_misses_get_a_suggestion() -> None:
    assert zoo.network("MUXNet_L") == zoo.network("muxnet-l")
    assert zoo.network("mobilenet_v2").name == "mobilenetv2"
    assert zoo.network("MobileNetV2 1.0").name == "mobilenetv2"
    assert zoo.network("ShuffleNet_V2").name == "shufflenetv2-x1.0"
    with pytest.raises(BadInput, match=r"did you mean resnet18\?"):
        zoo.network("resnet-19")
    with pytest.raises(BadInput, match=r"did you mean muxnet-l\?"):
        zoo.network("muxnet-ll")
    with pytest.raises(BadInput, match="It holds: muxnet-xs, muxnet-s, muxnet-m, muxnet-l, mobilenetv2, ") as caught:
        zoo.network("vgg")
    assert "did you mean" not in str(caught.value)
    with pytest.raises(BadInput, match="no network"):
        zoo.network("x" * 100_000)


def test_released_code_has_expansion_4_at_the_last_reduction_of_m() -> None:
    # https://github.com/human-analysis/MUXConv, muxnet.py: 'ir_r1_k3.5.7.9.11_s2_e4_c160_se0.75'.
    block = zoo.network("muxnet-m").stages[-1].blocks[0]
    assert isinstance(block, IrBlock)
    assert block == IrBlock(112, 160, Fraction(4), (3, 5, 7, 9, 11), 2, Fraction(3, 4), "swish")


def test_widths_must_follow() -> None:
    with pytest.raises(BadInput, match=r"stage1\.0 takes 32 channels but is given 24"):
        Network("x", Stem(24), (Stage("stage1", (DsBlock(32, 32),)),), Head(32, 64))
    with pytest.raises(BadInput, match="head takes 32 channels but is given 24"):
        Network("x", Stem(24), (), Head(32, 64))


@pytest.mark.parametrize("name", zoo.names())
def test_specs_survive_json(name: str) -> None:
    network = zoo.network(name)
    assert decode(encode(network)) == network


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        {"type": "nope"},
        {"type": "stem", "out_channels": 4},
        {"type": "mux"},
        {"type": "mux", "channels": "64"},
        {"type": "mux", "channels": 64, "size": 3},
        {"type": "mux", "channels": 64, "spatial": 3},
        {"type": "mux", "channels": 64, "leave_out": "nan"},
        {"type": "mux", "channels": True},
    ],
)
def test_broken_specs_are_refused(value: object) -> None:
    with pytest.raises(BadInput):
        decode(value)


@pytest.mark.parametrize("name", ["stem", "head", "forward", "", "a.b", "stage", "training", "stage1 "])
def test_stage_names_cannot_hide_a_module(name: str) -> None:
    with pytest.raises(BadInput, match="stage0, stage1 and so on"):
        Stage(name, (DsBlock(24, 24),))


def test_stages_are_distinct_and_not_empty() -> None:
    stage = Stage("stage0", (DsBlock(24, 24),))
    with pytest.raises(BadInput, match="several stages called stage0"):
        Network("x", Stem(24), (stage, stage), Head(24, 64))
    with pytest.raises(BadInput, match="stage7 has no blocks"):
        Stage("stage7", ())
