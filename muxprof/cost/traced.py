"""What one executed op costs: its kind, its multiply-adds and its traffic, from the shapes it was called with.

Products of matrices count one MAdd for every term of every scalar product. An op that is on no list here may hide such
products, so its kind is ``unknown`` and its MAdds are, too: they are never taken to be zero.

Formulas: torch's documentation of the ops; nothing is shared with the counters that check the result.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from muxprof.records import UNKNOWN, Cost, Shape, TracedOp

#: Kinds whose ops multiply matrices or vectors.
PRODUCTS = frozenset(
    {"linear", "matmul", "grouped_matmul", "dot", "bilinear", "attention"}
    | {f"{kind}{n}d" for kind in ("conv", "conv_transpose") for n in (1, 2, 3)}
)

#: What moves no data, although torch does not declare it a view, or has none to move yet.
_IDLE = (
    "_unsafe_view unsafe_split unsafe_split_with_sizes unsafe_chunk _reshape_alias lift_fresh lift detach alias "
    "empty new_empty empty_like empty_strided new_empty_strided empty_permuted resize set is_pinned"
)

#: Ops without products, by kind. Names end in an underscore where they work in place: that is left out here.
_PLAIN: Mapping[str, str] = {
    "act": "relu relu6 hardtanh leaky_relu elu celu selu gelu silu mish sigmoid hardsigmoid hardswish tanh softplus "
    "softsign prelu _prelu_kernel log_sigmoid_forward threshold glu softshrink hardshrink rrelu_with_noise",
    "softmax": "_softmax _log_softmax _safe_softmax logsumexp",
    "batch_norm": "native_batch_norm _native_batch_norm_legit _native_batch_norm_legit_no_training cudnn_batch_norm "
    "_batch_norm_with_update _batch_norm_no_update miopen_batch_norm",
    "layer_norm": "native_layer_norm _fused_rms_norm rms_norm",
    "group_norm": "native_group_norm",
    "pool": "max_pool2d_with_indices max_pool3d_with_indices max_pool2d max_pool3d avg_pool1d avg_pool2d avg_pool3d "
    "_adaptive_avg_pool2d _adaptive_avg_pool3d adaptive_avg_pool2d adaptive_max_pool2d adaptive_max_pool3d "
    "fractional_max_pool2d fractional_max_pool3d max_unpool2d max_unpool3d",
    "reduce": "mean sum prod amax amin max min aminmax var std var_mean std_mean argmax argmin any all norm "
    "linalg_vector_norm cumsum cumprod cummax cummin logcumsumexp median nanmedian nansum count_nonzero mode "
    "native_norm renorm trace",
    "add": "add sub rsub",
    "mul": "mul div",
    "elementwise": "where _weight_norm_interface masked_fill clamp clamp_min clamp_max lerp addcmul addcdiv pow square "
    "sqrt rsqrt exp log "
    "nan_to_num isnan isinf logit complex polar view_as_real_copy fmod remainder floor_divide",
    "concat": "cat stack",
    "split": "split_copy split_with_sizes_copy unbind_copy chunk_copy",
    "shuffle": "pixel_shuffle pixel_unshuffle channel_shuffle native_channel_shuffle",
    "copy": "clone copy _to_copy contiguous flip roll rot90 tril triu repeat repeat_interleave im2col col2im "
    "permute_copy transpose_copy view_copy expand_copy slice_copy select_copy unfold_copy as_strided_copy "
    "diag_embed slice_scatter select_scatter diagonal_scatter _pin_memory _copy_from block_diag",
    "pad": "constant_pad_nd reflection_pad1d reflection_pad2d reflection_pad3d replication_pad1d replication_pad2d "
    "replication_pad3d",
    "embedding": "embedding embedding_bag _embedding_bag _embedding_bag_forward_only",
    "gather": "index _unsafe_index gather index_select take masked_select nonzero",
    "scatter": "scatter scatter_add scatter_reduce index_put _index_put_impl _unsafe_index_put index_add index_copy "
    "index_fill index_reduce put masked_scatter",
    "sort": "sort topk argsort kthvalue unique_dim _unique2 unique_consecutive searchsorted bucketize bincount histc",
    "fill": "zeros ones full arange linspace logspace eye scalar_tensor zeros_like ones_like full_like new_zeros "
    "new_ones new_full fill zero tril_indices triu_indices",
    "random": "rand randn randint randperm rand_like randn_like randint_like normal uniform bernoulli multinomial "
    "exponential native_dropout log_normal geometric cauchy random",
    "upsample": "upsample_nearest1d upsample_nearest2d upsample_nearest3d _upsample_nearest_exact1d "
    "_upsample_nearest_exact2d _upsample_nearest_exact3d upsample_linear1d upsample_bilinear2d upsample_trilinear3d "
    "upsample_bicubic2d _upsample_bilinear2d_aa _upsample_bicubic2d_aa _upsample_lanczos2d_aa grid_sampler_2d "
    "grid_sampler_3d",
    "loss": "nll_loss_forward nll_loss2d_forward mse_loss smooth_l1_loss huber_loss binary_cross_entropy "
    "soft_margin_loss",
}
_NO_WORK = frozenset(f"aten.{name}" for name in _IDLE.split()) | {
    "profiler._record_function_enter_new",  # marks for profilers
    "profiler._record_function_exit",
}
_KINDS = {f"aten.{name}": kind for kind, names in _PLAIN.items() for name in names.split()}
_ATTENTION = ("aten._scaled_dot_product_", "higher.flex_attention")

#: The first output of these is what they are for; what follows are statistics and indices for a backward pass.
_FIRST_ALONE = frozenset({"batch_norm", "layer_norm", "group_norm", "pool", "embedding", "attention", "loss"})


def kinds() -> frozenset[str]:
    """Every kind that :func:`kind` may give."""
    return PRODUCTS | frozenset(_PLAIN) | {UNKNOWN}


def kind(op: TracedOp) -> str | None:
    """What an op is; None for one that moves no data, :data:`UNKNOWN` for one that is on no list."""
    if op.name in ("aten.convolution", "aten._convolution"):
        return f"conv{'_transpose' * op.transposed}{len(op.inputs[1]) - 2}d"
    if op.name in _FORMULAS:
        return _FORMULAS[op.name][0] or ("linear" if _product_parameters(op) else "matmul")
    if op.name.startswith(_ATTENTION):
        return "attention"
    name = op.name if op.name.endswith("__") else op.name.rstrip("_")
    if name in _NO_WORK:
        return None
    if name == "aten.mean" and len(op.inputs[0]) > 3 and op.outputs[0][2:] == (1,) * (len(op.inputs[0]) - 2):
        return "pool"  # global average pooling, however it is written
    return _KINDS.get(name) or ("elementwise" if op.pointwise else UNKNOWN)


def madds(op: TracedOp) -> int:
    """Multiply-adds of an op on its whole input; 0 for one without products, and for one that is unknown."""
    if op.stride is not None:
        # One per weight and position: of the output, or of the input where the convolution is transposed.
        positions = op.inputs[0] if op.transposed else op.outputs[0]
        return math.prod(op.inputs[1]) * positions[0] * math.prod(positions[2:])
    if op.name in _FORMULAS:
        return _FORMULAS[op.name][1](op)
    if op.name.startswith(_ATTENTION):
        query, key, value = op.inputs[:3]
        return math.prod(query[:-1]) * key[-2] * (query[-1] + value[-1])
    return 0


def roles(op: TracedOp) -> dict[str, str]:
    """What each parameter that an op reads is to it: conv, linear, bias, norm or other."""
    what = kind(op)
    return {name: _role(op, what, index, name.rpartition(".")[2]) for index, names in op.parameters for name in names}


def activations(op: TracedOp) -> int:
    """Output elements of an op."""
    return sum(map(math.prod, outputs(op)))


def outputs(op: TracedOp) -> tuple[Shape, ...]:
    """The outputs that count; what an op gives out besides, for a backward pass, does not."""
    return op.outputs[:1] if kind(op) in _FIRST_ALONE else op.outputs


def traffic_bytes(op: TracedOp) -> int:
    """Bytes that an op reads and writes: its inputs, parameters and buffers once, its outputs once.

    Look-ups read no more of their table than they give out; ops that fill or copy do not read what they overwrite.
    """
    what, written = kind(op), [math.prod(shape) for shape in outputs(op)]
    read = [math.prod(shape) for shape in op.inputs]
    if what in ("embedding", "gather") and read:
        read[0] = min(read[0], sum(written))
    elif what in ("fill", "random"):
        read = []
    elif op.name.startswith("aten.copy_"):
        read[0] = 0
    return sum(count * size for count, size in zip(read, op.input_sizes, strict=False)) + sum(
        count * size for count, size in zip(written, op.output_sizes, strict=False)
    )


def cost(op: TracedOp) -> Cost:
    """All of it but the parameters, which belong to the first op that reads them."""
    return Cost(madds=madds(op), activations=activations(op), traffic_bytes=traffic_bytes(op))


def _matrices(left: Shape, right: Shape) -> int:
    """Rows x inner x columns, for each of a batch: [..., n, k] by [..., k, m]."""
    return math.prod(left) * right[-1]


def _grouped(left: Shape, right: Shape) -> int:
    """Matrices in groups: [g, n, k] by [g, k, m], or rows, columns or inner sums that the groups share out."""
    rows, inner, columns = left[-2], left[-1], right[-1]
    return math.prod(left[:-2]) * rows * inner * columns if len(left) == len(right) == 3 else rows * inner * columns


def _factors(op: TracedOp) -> tuple[Shape, ...]:
    """The two inputs that are multiplied; what is added to their product comes first where there is something."""
    return op.inputs[1:3] if "add" in op.name else op.inputs[:2]


_MATRIX_PRODUCTS = "mm bmm _int_mm _scaled_mm addmm baddbmm addbmm addmm_ baddbmm_ _addmm_activation"
_DOT_PRODUCTS = "mv addmv dot vdot"

#: Ops that are products: their kind, None where a parameter among the factors decides, and their MAdds.
_FORMULAS: Mapping[str, tuple[str | None, Callable[[TracedOp], int]]] = {
    **{f"aten.{name}": (None, lambda op: _matrices(*_factors(op))) for name in _MATRIX_PRODUCTS.split()},
    **{f"aten.{name}": ("dot", lambda op: math.prod(_factors(op)[0])) for name in _DOT_PRODUCTS.split()},
    "aten._grouped_mm": ("grouped_matmul", lambda op: _grouped(*op.inputs[:2])),
    # x1 [N, I], weight [O, I, J], x2 [N, J] -> [N, O]: every weight once per row.
    "aten._trilinear": ("bilinear", lambda op: op.outputs[0][0] * math.prod(op.inputs[1])),
}

#: Inputs of products that are added and not multiplied.
_ADDED = {name: 0 for name in _FORMULAS if "add" in name} | {"aten.convolution": 2, "aten._convolution": 2}


def _product_parameters(op: TracedOp) -> tuple[str, ...]:
    return tuple(name for index, names in op.parameters if index != _ADDED.get(op.name) for name in names)


def _role(op: TracedOp, what: str | None, index: int, name: str) -> str:
    if what in PRODUCTS:
        if index == _ADDED.get(op.name):
            return "bias"
        return "conv" if op.stride is not None else "linear"
    if what in ("batch_norm", "layer_norm", "group_norm"):
        return "norm"
    # Added by an op of its own, as after bilinear layers: its name is all there is to tell it by.
    return "bias" if what == "add" and name.split("_")[0] == "bias" else "other"
