"""What torchinfo 1.8.0 and thop 0.1.1 count in the calls of modules."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping

from muxprof.answers.tools.networks import UnsaidError
from muxprof.records import ModuleCall, ModuleFacts, Shape, ToolsView


def by_torchinfo(view: ToolsView) -> int:
    """The parameters of modules without children, times the uses that torchinfo assumes."""
    total = 0
    for call in view.calls:
        facts = view.modules[call.path]
        if call.output is None:
            raise UnsaidError(f"it stops at {call.path or 'the model'}, which gives out more than tensors")
        if facts.leaf:
            total += sum(_uses(facts, name, call) * size for name, size in facts.params.items())
    return total


def _uses(facts: ModuleFacts, name: str, call: ModuleCall) -> int:
    """The uses of a parameter: the output positions of a "Conv", the first output size of other modules.

    A parameter with a longer name than weight or bias, as in recurrent layers, is used once per step.
    """
    made = call.output or ()
    if name.endswith("_orig"):
        raise UnsaidError(f"{call.path} is pruned, and torchinfo counts what is left of it")
    if name in ("weight", "bias"):
        if "Conv" in facts.name:
            return math.prod(made[:1] + made[2:])
        if not made:
            raise UnsaidError(f"it stops at {call.path or 'the model'}, whose output has no batch")
        return made[0]
    return math.prod(made[:2]) if "weight" in name or "bias" in name else 0


def by_thop(view: ToolsView) -> int:
    """What thop's hooks on torch.nn's own modules count, once more for each place that a module is in."""
    hooks = Counter(_places(view.modules, ""))
    counts: Counter[str] = Counter()
    for call in view.calls:
        facts = view.modules[call.path]
        if facts.own and facts.name in _RULES:
            # A module that is in two places has two hooks, and is then added up at both.
            counts[call.path] += _RULES[facts.name](facts, call) * hooks[call.path]
    return _below(view.modules, "", counts)


def _places(modules: Mapping[str, ModuleFacts], path: str) -> Iterator[str]:
    """The paths of a module and of all modules below it, once per place."""
    yield path
    for child in modules[path].children:
        yield from _places(modules, child)


def _below(modules: Mapping[str, ModuleFacts], path: str, counts: Counter[str]) -> int:
    """A module's count and its children's; what is below a module with a rule of its own is left out."""
    total = counts[path]
    for child in modules[path].children:
        facts = modules[child]
        ruled = facts.own and facts.name in _KNOWN and facts.name != "Sequential"
        total += counts[child] if ruled else _below(modules, child, counts)
    return total


def _input(call: ModuleCall) -> Shape:
    if call.input is None:
        raise UnsaidError(f"it stops at {call.path or 'the model'}, whose first argument is no tensor")
    return call.input


def _made(call: ModuleCall) -> int:
    return math.prod(call.output or ())


def _convolution(facts: ModuleFacts, call: ModuleCall) -> int:
    weight, inside = facts.settings["weight"], _input(call)
    assert isinstance(weight, tuple)
    return _made(call) * (inside[1] // _number(facts, "groups")) * math.prod(weight[2:])


def _norm(facts: ModuleFacts, call: ModuleCall) -> int:
    affine = facts.settings.get("affine") or facts.settings.get("elementwise_affine")
    return math.prod(_input(call)) * (4 if affine else 2)


def _softmax(facts: ModuleFacts, call: ModuleCall) -> int:
    if "dim" not in facts.settings:
        raise UnsaidError(f"it stops at {call.path or 'the model'}, a softmax without a dimension")
    size = _input(call)[_number(facts, "dim")]
    return math.prod(_input(call)) // size * (3 * size - 1)


def _adaptive_pool(_: ModuleFacts, call: ModuleCall) -> int:
    """Per output the ratio of input to output size, and 1; in floating point, as thop computes it."""
    larger = math.prod(inside / made for inside, made in zip(_input(call)[2:], (call.output or ())[2:], strict=True))
    return int((larger + 1) * _made(call))


def _upsample(facts: ModuleFacts, call: ModuleCall) -> int:
    factor = {"nearest": 1, "linear": 5, "bilinear": 11, "bicubic": 259}.get(str(facts.settings.get("mode")), 0)
    return factor * _made(call)


#: Of recurrent layers: gates, and what else is computed of every hidden number.
_GATES = {"RNN": (1, 0), "GRU": (3, 4), "LSTM": (4, 4)}


def _step(facts: ModuleFacts, inside: int) -> int:
    gates, more = _GATES[facts.name.removesuffix("Cell")]
    size = _number(facts, "hidden_size")
    return size * (gates * (inside + size + 1 + 2 * _number(facts, "bias")) + more)


def _cell(facts: ModuleFacts, call: ModuleCall) -> int:
    return _step(facts, _number(facts, "input_size")) * _input(call)[0]


def _recurrent(facts: ModuleFacts, call: ModuleCall) -> int:
    """The steps of all layers and directions; the first two input sizes are the batch and the number of steps."""
    if call.input is None:
        raise UnsaidError(f"{call.path or 'the model'} takes packed sequences, whose lengths are not recorded")
    directions = 2 if facts.settings.get("bidirectional") else 1
    outputs = _number(facts, "hidden_size") * directions
    layers = [_number(facts, "input_size"), *[outputs] * (_number(facts, "num_layers") - 1)]
    return sum(_step(facts, inside) for inside in layers) * directions * math.prod(call.input[:2])


def _number(facts: ModuleFacts, name: str) -> int:
    return int(facts.settings[name])  # type: ignore[arg-type]  # torch.nn's own have it as a number


_RULES: Mapping[str, Callable[[ModuleFacts, ModuleCall], int]] = {
    **{f"Conv{kind}{n}d": _convolution for kind in ("", "Transpose") for n in (1, 2, 3)},
    **{f"{kind}Norm{n}d": _norm for kind in ("Batch", "Instance") for n in (1, 2, 3)},
    **dict.fromkeys(["LayerNorm", "SyncBatchNorm"], _norm),
    "PReLU": lambda _, call: math.prod(_input(call)),
    "Softmax": _softmax,
    **{f"AvgPool{n}d": lambda _, call: _made(call) for n in (1, 2, 3)},
    **{f"AdaptiveAvgPool{n}d": _adaptive_pool for n in (1, 2, 3)},
    **dict.fromkeys(["Upsample", "UpsamplingBilinear2d", "UpsamplingNearest2d"], _upsample),
    "Linear": lambda facts, call: _number(facts, "in_features") * _made(call),
    **{f"{kind}Cell": _cell for kind in _GATES},
    **dict.fromkeys(_GATES, _recurrent),
}

#: Those with a rule, and those that thop knows to cost nothing.
_KNOWN = _RULES.keys() | {
    *("ZeroPad2d", "ReLU", "ReLU6", "LeakyReLU", "Dropout", "Sequential", "PixelShuffle"),
    *(f"{kind}MaxPool{n}d" for kind in ("", "Adaptive") for n in (1, 2, 3)),
}
