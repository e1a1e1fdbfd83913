"""What torchprofile 0.0.1 and 0.1.0 and fvcore 0.1.5 count in the graph of torch.jit: a rule for each op they know.

Other ops count as 0.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from itertools import chain

from muxprof.answers.tools.networks import UnsaidError
from muxprof.records import GraphOp, Shape

#: What an op of that name counts for.
Rules = Mapping[str, Callable[[GraphOp], int]]


def counted(graph: Iterable[GraphOp], rules: Rules) -> int:
    """The sum over all ops; raises :class:`UnsaidError` where a count is not known."""
    return sum(rules[op.name](op) for op in graph if op.name in rules)


def _in(op: GraphOp, index: int) -> Shape:
    return _known(op, op.inputs[index : index + 1])


def _out(op: GraphOp, index: int = 0) -> Shape:
    return _known(op, op.outputs[index : index + 1])


def _known(op: GraphOp, shapes: tuple[Shape | None, ...]) -> Shape:
    for shape in shapes:
        if shape is not None:
            return shape
    raise UnsaidError(f"it stops at {op.name}, of whose tensors torch.jit does not know the shapes")


def _made(op: GraphOp) -> int:
    return math.prod(_out(op))


def _is_affine(op: GraphOp) -> bool:
    """Whether a norm has a weight."""
    index = 1 if op.name in ("aten::batch_norm", "aten::instance_norm") else 2
    return op.inputs[index] is not None


def _product(op: GraphOp) -> int:
    """A product of matrices or vectors, or a linear layer, whose weight is transposed."""
    left, right = _in(op, 0), _in(op, 1)
    if len(left) == 1:
        return math.prod(right)
    if len(right) == 1:
        return math.prod(left)
    return math.prod(_out(op)[:-2]) * left[-2] * math.prod(right[-2:])


def _added_product(op: GraphOp) -> int:
    """A product of matrices, or of a batch of them, that is added to something."""
    return math.prod(_in(op, 1)) * _in(op, 2)[-1]


def _convolution(op: GraphOp) -> int:
    """Weights per output element; which axis of the weight is the input is guessed from the output channels."""
    made, (first, second, *kernel) = _out(op), _in(op, 1)
    return math.prod(made) * (second if made[1] == first else first) * math.prod(kernel)


def _lstm(op: GraphOp) -> int:
    """The products of four gates, at each step of each layer and direction."""
    steps, hidden = _out(op, 0), _out(op, 1)
    size, directions = hidden[-1], steps[-1] // hidden[-1]
    insides = [_in(op, 0)[-1], *[size * directions] * (hidden[0] // directions - 1)]
    return steps[0] * steps[1] * directions * sum(4 * size * (inside + size) for inside in insides)


def _all_indices(op: GraphOp) -> int:
    """The product of the sizes of all indices; 0 for an equation with an ellipsis."""
    equation = op.values.get(0)
    if not isinstance(equation, str) or not op.operands or "..." in equation:
        return 0
    return math.prod(_index_sizes(equation, op.operands).values())


def _index_sizes(equation: str, operands: tuple[Shape, ...]) -> dict[str, int]:
    terms = equation.partition("->")[0].replace(" ", "").split(",")
    pairs = (zip(term, shape, strict=False) for term, shape in zip(terms, operands, strict=False))
    return dict(chain.from_iterable(pairs))


def _sampled(op: GraphOp) -> int:
    """4 per output element of bilinear sampling, 16 of bicubic, 0 of nearest."""
    return _made(op) * {1: 0, 2: 16}.get(int(str(op.values.get(2, 0))), 4)


def _attention(op: GraphOp) -> int:
    query, key, value = (_in(op, index) for index in range(3))
    if math.prod(query[1:-2]) != math.prod(key[1:-2]) or query[0] != key[0]:
        raise UnsaidError("it stops at attention whose queries have other heads than its keys")
    return math.prod(query[:-1]) * key[-2] * (query[-1] + value[-1])


_POOLS = [f"aten::{kind}avg_pool{n}d" for kind in ("", "adaptive_") for n in (1, 2, 3)]

_NORMS = [f"aten::{kind}_norm" for kind in ("batch", "instance", "layer", "group")]


def _not_yet(op: GraphOp) -> int:
    raise UnsaidError(f"{op.name.removeprefix('aten::')} is younger than it")


def _rows(op: GraphOp) -> int:
    left, right = _in(op, 0), _in(op, 1)
    if len(right) < 2:
        raise UnsaidError("it stops at the product with a vector")
    return math.prod(left) * right[-1]


_BOTH_TORCHPROFILES: Rules = {
    "aten::addmm": _added_product,
    "aten::addmv": lambda op: math.prod(_in(op, 1)),
    "aten::bmm": _rows,
    "aten::linear": _product,
    "aten::matmul": _product,
    "aten::_convolution": _convolution,
    **dict.fromkeys(["aten::mul", "aten::mul_", "aten::mean", *_POOLS], _made),
}

#: torchprofile 0.0.1. Linear layers were matrix products in the graphs of its time.
EARLY_TORCHPROFILE: Rules = {
    **_BOTH_TORCHPROFILES,
    **dict.fromkeys(["aten::instance_norm", "aten::layer_norm"], _made),
    "aten::scaled_dot_product_attention": _not_yet,
}

#: torchprofile 0.1.0.
TORCHPROFILE: Rules = {
    **_BOTH_TORCHPROFILES,
    "aten::scaled_dot_product_attention": _attention,
    "aten::lstm": _lstm,
    "aten::einsum": _all_indices,
    "aten::grid_sampler": _sampled,
    "aten::baddbmm": _added_product,
    **dict.fromkeys(_NORMS, lambda op: _made(op) if _is_affine(op) else 0),
    "aten::leaky_relu": _made,
    "aten::upsample_bilinear2d": lambda op: 4 * _made(op),
}


def _weight_uses(op: GraphOp) -> int:
    places = _in(op, 0) if op.values.get(6) else _out(op)
    return _in(op, 0)[0] * math.prod(_in(op, 1)) * math.prod(places[2:])


def _normed(op: GraphOp) -> int:
    """Per element 2 for a BatchNorm with fixed statistics and 5 for other norms; 1 and 4 without a weight."""
    if op.name == "aten::batch_norm" and not op.values.get(5):
        return math.prod(_in(op, 0)) * (2 if _is_affine(op) else 1)
    if not 2 <= len(_in(op, 0)) <= 5:
        raise UnsaidError(f"it stops at a norm of {len(_in(op, 0))} dimensions")
    return math.prod(_in(op, 0)) * (5 if _is_affine(op) else 4)


def _contraction(op: GraphOp) -> int:
    """Half of the FLOPs that ``numpy.einsum_path`` prints, with four digits, except for two equations with a rule."""
    equation = str(op.values.get(0, "")).replace(" ", "")
    letters = dict.fromkeys(filter(str.isalpha, equation))
    pattern = equation.translate({ord(letter): ord("a") + index for index, letter in enumerate(letters)})
    if pattern == "abc,abd->acd":
        return math.prod(op.operands[0]) * op.operands[1][-1]
    if pattern == "abc,adc->adb":
        return math.prod(op.operands[0]) * op.operands[1][1]
    if len(op.operands) > 2 or "." in equation:
        raise UnsaidError("what it takes an einsum of three or more, or with an ellipsis, for is not known here")
    terms, arrow, result = equation.partition("->")
    sums = any(letter not in result if arrow else terms.count(letter) > 1 for letter in letters)
    cost = math.prod(_index_sizes(equation, op.operands).values()) * (2 if sums else 1)
    return int(float(f"{cost + 1:.3e}") / 2)


#: fvcore 0.1.5.
FVCORE: Rules = {
    "aten::addmm": _added_product,
    "aten::bmm": _rows,
    "aten::matmul": _rows,
    "aten::mm": _rows,
    "aten::linear": lambda op: math.prod(_in(op, 0)) * _in(op, 1)[0],
    "aten::_convolution": _weight_uses,
    "aten::einsum": _contraction,
    **dict.fromkeys(_NORMS, _normed),
    "aten::upsample_nearest2d": _made,
    "aten::upsample_bilinear2d": lambda op: 4 * _made(op),
    "aten::adaptive_avg_pool2d": lambda op: math.prod(_in(op, 0)),
    "aten::grid_sampler": lambda op: 4 * _made(op),
}
