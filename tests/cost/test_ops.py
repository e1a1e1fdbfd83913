"""The primitive formulas against arithmetic done by hand."""

from fractions import Fraction

import pytest

from muxprof.cost import ops
from muxprof.cost.blocks import block_ops, conv
from muxprof.cost.ops import Op, Rule, cost
from muxprof.records import Cost, ParamsByKind, summed
from muxprof.spec import DsBlock, IrBlock, MuxBlock


def test_a_grouped_convolution_by_hand() -> None:
    # 48 -> 96 channels, 3x3, G = 4 inputs each (12 groups), on 10 x 7: 96 * 4 * 9 = 3456 weights, 70 positions.
    found = cost(conv("c", (48, 10, 7), 96, 3, 4))
    assert found == Cost(ParamsByKind(conv=3456), 3456 * 70, 96 * 70, 4 * (48 * 70 + 96 * 70 + 3456))


def test_a_strided_convolution_with_bias_by_hand() -> None:
    # 3 -> 8, 5x5, stride 2 on 9 x 8: padding (1 + 4) // 2 = 2, so (9 + 4 - 5) // 2 + 1 = 5 by (8 + 4 - 5) // 2 + 1 = 4.
    found = cost(conv("c", (3, 9, 8), 8, 5, 3, 2, bias=True))
    assert found.params == ParamsByKind(conv=8 * 3 * 25, bias=8)
    assert found.madds == 600 * 20
    assert found.activations == 160


def test_a_linear_layer_by_hand() -> None:
    found = cost(Op("fc", "linear", ((200,),), ((1000,),), bias=True))
    assert found == Cost(ParamsByKind(linear=200_000, bias=1000), 200_000, 1000, 4 * (200 + 1000 + 201_000))


def test_a_norm_by_hand() -> None:
    # Scale and shift are learned; mean and variance are read besides.
    found = cost(Op("n", "batch_norm", ((8, 2, 2),), ((8, 2, 2),)))
    assert found == Cost(ParamsByKind(norm=16), 0, 32, 4 * (32 + 32 + 16 + 16))


def test_movers_have_no_madds_but_a_price() -> None:
    found = cost(Op("cat", "concat", ((3, 2, 2), (5, 2, 2)), ((8, 2, 2),)), batch=10)
    assert found == Cost(ParamsByKind(), 0, 32, 4 * 10 * (12 + 20 + 32))


def test_traffic_is_per_batch_and_weights_are_read_once() -> None:
    op = conv("c", (4, 2, 2), 4, 1, 4)
    assert cost(op, batch=3).traffic_bytes == 4 * (3 * 32 + 16)
    assert cost(op, batch=3).madds == cost(op).madds == 64


def test_a_second_rule_for_one_op_is_refused() -> None:
    with pytest.raises(ValueError, match="'conv2d' has a rule already"):
        ops.register("conv2d", Rule())


def test_the_issue_example_term_by_term() -> None:
    found = {op.path: cost(op) for op in block_ops(MuxBlock(64, group=2, leave_out=Fraction(1, 4), norm=False), 56, 56)}
    assert [found[name].params.total for name in ("expand", "conv", "project")] == [13_824, 5_184, 13_824]
    assert summed(found.values()).madds == 102_961_152


def test_paths_and_kinds_of_a_full_mux_block() -> None:
    block = MuxBlock(24, Fraction(4), 2, Fraction(1, 2), se=Fraction(3, 4))
    assert [(op.path, op.kind) for op in block_ops(block, 4, 4)] == [
        ("split", "split"),
        ("expand", "conv2d"),
        ("expand_norm", "batch_norm"),
        ("expand_act", "act"),
        ("conv", "conv2d"),
        ("conv_norm", "batch_norm"),
        ("conv_act", "act"),
        ("se.pool", "pool"),
        ("se.reduce", "conv2d"),
        ("se.act", "act"),
        ("se.expand", "conv2d"),
        ("se.gate", "act"),
        ("se.scale", "mul"),
        ("project", "conv2d"),
        ("project_norm", "batch_norm"),
        ("add", "add"),
        ("concat", "concat"),
        ("shuffle", "shuffle"),
    ]


def test_spatial_branches_by_hand() -> None:
    # 24 channels, E = 4: 96 in the middle, in 3 branches of 32. 3x3 depthwise each:
    # subpixel on 128 channels at half size, plain on 32, superpixel on 8 at double size.
    block = MuxBlock(24, Fraction(4), spatial=(-1, 0, 1), norm=False)
    found = {op.path: cost(op) for op in block_ops(block, 6, 4)}
    assert found["conv.branch0.conv"].params.conv == 128 * 9
    assert found["conv.branch1.conv"].params.conv == 32 * 9
    assert found["conv.branch2.conv"].params.conv == 8 * 9
    assert found["conv.branch0.conv"].madds == 128 * 9 * 3 * 2
    assert found["conv.branch1.conv"].madds == 32 * 9 * 6 * 4
    assert found["conv.branch2.conv"].madds == 8 * 9 * 12 * 8


def test_residuals_only_where_shapes_allow() -> None:
    assert any(op.kind == "add" for op in block_ops(IrBlock(8, 8), 4, 4))
    assert not any(op.kind == "add" for op in block_ops(IrBlock(8, 16), 4, 4))
    assert not any(op.kind == "add" for op in block_ops(IrBlock(8, 8, stride=2), 4, 4))
    assert any(op.kind == "add" for op in block_ops(DsBlock(8, 8), 4, 4))
    assert not any(op.kind == "add" for op in block_ops(DsBlock(8, 12), 4, 4))
