"""What torchinfo and thop count in the calls of modules: facts about torchinfo 1.8.0 and thop 0.1.1."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping

from muxprof.answers.tools.networks import UnsaidError
from muxprof.records import ModuleCall, ModuleFacts, Shape, ToolsView


def by_torchinfo(view: ToolsView) -> int:
    """Every weight and bias of modules without children, as often as torchinfo takes it to be used."""
    total = 0
    for call in view.calls:
        facts = view.modules[call.path]
        if call.output is None:
            raise UnsaidError(f"it stops at {call.path or 'the model'}, which gives out more than tensors")
        if facts.leaf:
            total += sum(_uses(facts, name, call) * size for name, size in facts.params.items())
    return total


def _uses(facts: ModuleFacts, name: str, call: ModuleCall) -> int:
    """How often a parameter is used: once per output position of a "Conv", once per first size of others.

    Recurrent layers, and whatever else puts more to the words weight and bias, are taken to use it once per step.
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
    """What thop's hooks count, which sit on torch.nn's own modules, for every place that a module is in."""
    counts: Counter[str] = Counter()
    for call in view.calls:
        facts = view.modules[call.path]
        rule = _RULES.get(facts.name) if facts.own else None
        if rule is not None:
            counts[call.path] += rule(facts, call)
    # A module that is in two places has two hooks, and is then added up at both.
    hooks: Counter[str] = Counter()
    _walk(view.modules, "", hooks)
    return _below(view.modules, "", {path: count * hooks[path] for path, count in counts.items()})


def _walk(modules: Mapping[str, ModuleFacts], path: str, seen: Counter[str]) -> None:
    seen[path] += 1
    for child in modules[path].children:
        _walk(modules, child, seen)


def _below(modules: Mapping[str, ModuleFacts], path: str, counts: Mapping[str, int]) -> int:
    """A module's count and its children's; what is below a module with a rule of its own is left out."""
    total = counts.get(path, 0)
    for child in modules[path].children:
        facts = modules[child]
        ruled = facts.own and facts.name in _KNOWN and facts.name != "Sequential"
        total += counts.get(child, 0) if ruled else _below(modules, child, counts)
    return total


def _input(call: ModuleCall) -> Shape:
    if call.input is None:
        raise UnsaidError(f"it stops at {call.path or 'the model'}, whose first argument is no tensor")
    return call.input


def _output(call: ModuleCall) -> Shape:
    return call.output or ()


def _convolution(facts: ModuleFacts, call: ModuleCall) -> int:
    weight, inside = facts.settings["weight"], _input(call)
    assert isinstance(weight, tuple)
    return math.prod(_output(call)) * (inside[1] // _number(facts, "groups")) * math.prod(weight[2:])


def _norm(facts: ModuleFacts, call: ModuleCall) -> int:
    affine = facts.settings.get("affine") or facts.settings.get("elementwise_affine")
    return math.prod(_input(call)) * (4 if affine else 2)


def _softmax(facts: ModuleFacts, call: ModuleCall) -> int:
    if "dim" not in facts.settings:
        raise UnsaidError(f"it stops at {call.path or 'the model'}, a softmax without a dimension")
    size = _input(call)[_number(facts, "dim")]
    return math.prod(_input(call)) // size * (3 * size - 1)


def _adaptive_pool(_: ModuleFacts, call: ModuleCall) -> int:
    """As many additions as the input is larger, and one division, per output; in the numbers with a point of thop."""
    larger = 1.0
    for inside, made in zip(_input(call)[2:], _output(call)[2:], strict=True):
        larger *= inside / made
    return int((larger + 1) * math.prod(_output(call)))


def _upsample(facts: ModuleFacts, call: ModuleCall) -> int:
    factor = {"nearest": 1, "linear": 5, "bilinear": 11, "bicubic": 259}.get(str(facts.settings.get("mode")), 0)
    return factor * math.prod(_output(call))


def _linear(facts: ModuleFacts, call: ModuleCall) -> int:
    return _number(facts, "in_features") * math.prod(_output(call))


def _rnn_step(inside: int, size: int, bias: int) -> int:
    return size * (inside + size) + size + 2 * size * bias


def _gru_step(inside: int, size: int, bias: int) -> int:
    return 3 * _rnn_step(inside, size, bias) + 4 * size


def _lstm_step(inside: int, size: int, bias: int) -> int:
    return 4 * _rnn_step(inside, size, bias) + 4 * size


_STEPS = {"RNN": _rnn_step, "GRU": _gru_step, "LSTM": _lstm_step}


def _cell(facts: ModuleFacts, call: ModuleCall) -> int:
    step = _STEPS[facts.name.removesuffix("Cell")]
    sizes = _number(facts, "input_size"), _number(facts, "hidden_size"), _number(facts, "bias")
    return step(*sizes) * _input(call)[0]


def _recurrent(facts: ModuleFacts, call: ModuleCall) -> int:
    """All layers and directions at every step; the first two sizes of the input are the batch and the steps."""
    if call.input is None:
        raise UnsaidError(f"{call.path or 'the model'} takes packed sequences, whose lengths are not recorded")
    step, size, bias = _STEPS[facts.name], _number(facts, "hidden_size"), _number(facts, "bias")
    directions = 2 if facts.settings.get("bidirectional") else 1
    layers = [_number(facts, "input_size"), *[size * directions] * (_number(facts, "num_layers") - 1)]
    return sum(step(inside, size, bias) for inside in layers) * directions * math.prod(call.input[:2])


def _number(facts: ModuleFacts, name: str) -> int:
    return int(facts.settings[name])  # type: ignore[arg-type]  # torch.nn's own have it as a number


_RULES: Mapping[str, Callable[[ModuleFacts, ModuleCall], int]] = {
    **{f"Conv{kind}{n}d": _convolution for kind in ("", "Transpose") for n in (1, 2, 3)},
    **{f"{kind}Norm{n}d": _norm for kind in ("Batch", "Instance") for n in (1, 2, 3)},
    **dict.fromkeys(["LayerNorm", "SyncBatchNorm"], _norm),
    "PReLU": lambda _, call: math.prod(_input(call)),
    "Softmax": _softmax,
    **{f"AvgPool{n}d": lambda _, call: math.prod(_output(call)) for n in (1, 2, 3)},
    **{f"AdaptiveAvgPool{n}d": _adaptive_pool for n in (1, 2, 3)},
    **dict.fromkeys(["Upsample", "UpsamplingBilinear2d", "UpsamplingNearest2d"], _upsample),
    "Linear": _linear,
    **{f"{kind}Cell": _cell for kind in _STEPS},
    **dict.fromkeys(_STEPS, _recurrent),
}

#: Those with a rule, and those that thop knows to cost nothing.
_KNOWN = _RULES.keys() | {
    *("ZeroPad2d", "ReLU", "ReLU6", "LeakyReLU", "Dropout", "Sequential", "PixelShuffle"),
    *(f"{kind}MaxPool{n}d" for kind in ("", "Adaptive") for n in (1, 2, 3)),
}
