"""From a traced forward pass to a subject: executed ops joined into layers, each parameter where it is first read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from muxprof.cost import traced
from muxprof.document.types import Layer, Subject, TracedFacts, Unknown, Unused
from muxprof.records import UNKNOWN, Cost, ModelTrace, ParamsByKind, Shape, TracedOp, summed

#: What a parameter counts as that several ops read: the first of these that one of them takes it for.
_STRONGEST = ("conv", "linear", "norm", "bias", "other")

#: Places that a note names.
_MOST = 5


def traced_subject(name: str, provenance: str, trace: ModelTrace) -> Subject:
    """The subject of a traced model; its layers are in the order in which they were first executed.

    The path of a layer is that of a module without children that executes nothing else, and otherwise the module's
    followed by the kind of op and, from the second on, a number: ``conv1``, ``blocks.0.attn.matmul_1``.
    """
    joined = _joined(trace.ops)
    names = _names(joined, trace.modules)
    params = _params(joined, trace)
    layers = tuple(_layer(names[key], found, params.get(key, ParamsByKind())) for key, found in joined.items())
    read = {each for op in trace.ops for _, found in op.parameters for each in found}
    facts = TracedFacts(
        inputs=trace.inputs,
        unknown=tuple(
            Unknown(found.ops[0].name, names[key], len(found.ops))
            for key, found in joined.items()
            if found.kind == UNKNOWN
        ),
        unused=tuple(Unused(each, size) for each, size in trace.parameters.items() if each not in read),
        trace=trace,
    )
    return Subject(
        name=name,
        provenance=provenance,
        spec=None,
        input_shape=trace.inputs[0].shape if trace.inputs else (),
        layers=layers,
        labels=_labels(name, layers, facts, trace.modules),
        traced=facts,
    )


def paths(trace: ModelTrace) -> dict[int, str]:
    """The path of the layer that an op belongs to, by the op's index."""
    joined = _joined(trace.ops)
    names = _names(joined, trace.modules)
    of = {id(op): names[key] for key, found in joined.items() for op in found.ops}
    return {index: of[id(op)] for index, op in enumerate(trace.ops) if id(op) in of}


def notes_on(subject: Subject, trace: ModelTrace) -> tuple[str, ...]:
    """What a reader of a traced model's report has to know."""
    facts, notes = subject.traced, []
    if facts is not None and facts.unknown:
        calls: Counter[str] = Counter()
        for each in facts.unknown:
            calls[each.op] += each.calls
        ops = ", ".join(f"{op} x{count}" for op, count in calls.items())
        places = ", ".join(each.path for each in facts.unknown[:_MOST])
        more = f" and {len(facts.unknown) - _MOST} more" * (len(facts.unknown) > _MOST)
        notes.append(f"Not counted, because nothing is known of them: {ops}, at {places}{more}. There are more MAdds.")
    if facts is not None and facts.unused:
        names = ", ".join(f"{each.name} ({each.size:,})" for each in facts.unused[:_MOST])
        more = f" and {len(facts.unused) - _MOST} more" * (len(facts.unused) > _MOST)
        notes.append(f"Never used in this pass, but in the params: {names}{more}.")
    if trace.unregistered:
        notes.append(
            f"Parameters of {trace.unregistered:,} elements are used that no module has registered, such as those of "
            "modules in a plain list: they are not in the params."
        )
    if trace.training:
        notes.append("The model was in train mode; it is counted in eval mode.")
    if trace.real:
        notes.append("It does not run on tensors without data; it ran on zeros, and may do otherwise on real inputs.")
    return tuple(notes)


@dataclass(frozen=True)
class _Key:
    """What makes executed ops one layer: one module, one kind, and the same parameters or place among its ops."""

    module: str
    kind: str
    which: tuple[str, ...] | int


@dataclass
class _Found:
    """All executions of a layer, being collected."""

    kind: str
    ops: list[TracedOp] = field(default_factory=list)


def _joined(ops: Iterable[TracedOp]) -> dict[_Key, _Found]:
    """Executed ops by layer. A step of a recurrent layer is a call of the layer before; a second product is not.

    Products belong together where they read the same parameters. Products of activations alone, and all other ops of
    one kind, are told apart by their order within one call of their module; of the others those that look the same
    count as one.
    """
    found: dict[_Key, _Found] = {}
    seen: dict[tuple[str, int, str], list[object]] = {}
    for op in ops:
        kind = traced.kind(op)
        if kind is None:
            continue
        which: tuple[str, ...] | int = _read(op)
        if kind not in traced.PRODUCTS or not which:
            signatures = seen.setdefault((op.module, op.call, kind), [])
            signature = object() if kind in traced.PRODUCTS else (op.name, op.inputs, op.outputs, op.parameters)
            if signature not in signatures:
                signatures.append(signature)
            which = signatures.index(signature)
        found.setdefault(_Key(op.module, kind, which), _Found(kind)).ops.append(op)
    return found


def _read(op: TracedOp) -> tuple[str, ...]:
    return tuple(name for _, names in op.parameters for name in names)


def _names(joined: Iterable[_Key], modules: Mapping[str, str]) -> dict[_Key, str]:
    """A path of its own for every layer."""
    keys = list(joined)
    in_module = Counter(key.module for key in keys)
    parents = {path.rpartition(".")[0] for path in modules if path}
    taken, names = set(modules), {}
    for key in keys:
        alone = in_module[key.module] == 1 and key.module and key.module not in parents
        names[key] = key.module if alone else _free(f"{key.module}.{key.kind}".lstrip("."), taken)
        taken.add(names[key])
    return names


def _free(path: str, taken: set[str]) -> str:
    number = 0
    while (made := f"{path}_{number}" if number else path) in taken:
        number += 1
    return made


def _params(joined: Mapping[_Key, _Found], trace: ModelTrace) -> dict[_Key, ParamsByKind]:
    """What each layer is the first to read, under the kind that the parameter has for any of its readers."""
    kinds: dict[str, str] = {}
    for op in trace.ops:
        for name, role in traced.roles(op).items():
            kinds[name] = min(role, kinds.get(name, role), key=_STRONGEST.index)
    owners = {id(op): key for key, found in joined.items() for op in found.ops}
    params: dict[_Key, ParamsByKind] = {}
    counted: set[str] = set()
    for op in trace.ops:
        if id(op) in owners:
            for name in _read(op):
                if name not in counted:
                    counted.add(name)
                    key, made = owners[id(op)], ParamsByKind(**{kinds[name]: trace.parameters[name]})
                    params[key] = params.get(key, ParamsByKind()) + made
    return params


def _layer(path: str, found: _Found, params: ParamsByKind) -> Layer:
    first = found.ops[0]
    cost = summed((*map(traced.cost, found.ops), Cost(params)))
    is_convolution = first.stride is not None
    return Layer(
        path=path,
        op=found.kind,
        inputs=_data(first) or first.outputs,
        outputs=traced.outputs(first) or first.inputs,
        kernel=first.inputs[1][2:] if is_convolution else None,
        stride=first.stride,
        groups=first.groups if is_convolution else None,
        cost=cost,
        module=first.module,
        calls=len(found.ops),
        dilation=_dilation(first),
    )


def _dilation(op: TracedOp) -> tuple[int, ...] | None:
    found = dict(op.settings).get("dilation") if op.stride is not None else None
    return found if found and max(found) > 1 else None


def _data(op: TracedOp) -> tuple[Shape, ...]:
    """The inputs that are no parameters; all of them if nothing else is left."""
    read = {index for index, _ in op.parameters}
    return tuple(shape for index, shape in enumerate(op.inputs) if index not in read) or op.inputs


def _labels(name: str, layers: tuple[Layer, ...], facts: TracedFacts, modules: Mapping[str, str]) -> dict[str, str]:
    """Class names of the modules that have layers below them, or parameters that nothing reads."""
    paths = {layer.path for layer in layers}
    shown = {""}
    for path in (*paths, *(each.name for each in facts.unused)):
        parts = path.split(".")
        shown |= {".".join(parts[:length]) for length in range(1, len(parts))}
    return {"": name} | {path: what for path, what in modules.items() if path in shown - paths and path}
