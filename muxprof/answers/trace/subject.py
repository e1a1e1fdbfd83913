"""From a traced forward pass to a subject: executed ops joined into layers, each parameter where it is first read."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping

from muxprof.cost import traced
from muxprof.document.types import Layer, Subject, TracedFacts, Unknown, Unused
from muxprof.records import UNKNOWN, Cost, ModelTrace, ParamsByKind, TracedOp, summed
from muxprof.units import and_more

#: What a parameter counts as that several ops read: the first of these that one of them takes it for.
_STRONGEST = ("conv", "linear", "norm", "bias", "other")

#: Places that a note names.
_MOST = 5


def traced_subject(name: str, provenance: str, trace: ModelTrace) -> Subject:
    """The subject of a traced model; its layers are in the order in which they were first executed.

    The path of a layer is that of a module without children that executes nothing else, and otherwise the module's
    followed by the kind of op and, from the second on, a number: ``conv1``, ``blocks.0.attn.matmul_1``.
    """
    joined = _joined(trace)
    params = _params(joined, trace)
    layers = tuple(_layer(path, ops, params[path]) for path, ops in joined.items())
    read = {each for op in trace.ops for each in _read(op)}
    facts = TracedFacts(
        inputs=trace.inputs,
        unknown=tuple(Unknown(joined[at.path][0].name, at.path, at.calls) for at in layers if at.op == UNKNOWN),
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
    of = {id(op): path for path, ops in _joined(trace).items() for op in ops}
    return {index: of[id(op)] for index, op in enumerate(trace.ops) if id(op) in of}


def notes_on(subject: Subject, trace: ModelTrace) -> tuple[str, ...]:
    """What a reader of a traced model's report has to know."""
    facts, notes = subject.traced, []
    if facts is not None and facts.unknown:
        calls: Counter[str] = Counter()
        for each in facts.unknown:
            calls[each.op] += each.calls
        ops = ", ".join(f"{op} x{count}" for op, count in calls.items())
        places = and_more([each.path for each in facts.unknown], _MOST)
        notes.append(f"Not counted, because nothing is known of them: {ops}, at {places}. There are more MAdds.")
    if facts is not None and facts.unused:
        names = and_more([f"{each.name} ({each.size:,})" for each in facts.unused], _MOST)
        notes.append(f"Never used in this pass, but in the params: {names}.")
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


def _joined(trace: ModelTrace) -> dict[str, list[TracedOp]]:
    """Executed ops by the path of their layer.

    A step of a recurrent layer is a call of the layer before; a second product is not. Products belong together where
    they read the same parameters. Products of activations alone, and all other ops of one kind, are told apart by their
    order within one call of their module; of the others those that look the same count as one.
    """
    # A layer is one module, one kind, and the same parameters or place among the module's ops of the kind.
    found: dict[tuple[str, str, object], list[TracedOp]] = {}
    seen: dict[tuple[str, int, str], list[object]] = {}
    for op in trace.ops:
        kind = traced.kind(op)
        if kind is None:
            continue
        which: object = _read(op)
        if kind not in traced.PRODUCTS or not which:
            signatures = seen.setdefault((op.module, op.call, kind), [])
            signature = object() if kind in traced.PRODUCTS else (op.name, op.inputs, op.outputs, op.parameters)
            if signature not in signatures:
                signatures.append(signature)
            which = signatures.index(signature)
        found.setdefault((op.module, kind, which), []).append(op)
    in_module = Counter(module for module, _, _ in found)
    parents = {path.rpartition(".")[0] for path in trace.modules if path}
    made: dict[str, list[TracedOp]] = {}
    for (module, kind, _), ops in found.items():
        path, number = module, 0
        if in_module[module] > 1 or not module or module in parents:
            path = first = f"{module}.{kind}".lstrip(".")
            while path in trace.modules or path in made:
                number += 1
                path = f"{first}_{number}"
        made[path] = ops
    return made


def _read(op: TracedOp) -> tuple[str, ...]:
    return tuple(name for _, names in op.parameters for name in names)


def _params(joined: Mapping[str, list[TracedOp]], trace: ModelTrace) -> dict[str, ParamsByKind]:
    """What each layer is the first to read, under the kind that the parameter has for any of its readers."""
    kinds: dict[str, str] = {}
    for op in trace.ops:
        for name, role in traced.roles(op).items():
            kinds[name] = min(role, kinds.get(name, role), key=_STRONGEST.index)
    owners = {id(op): path for path, ops in joined.items() for op in ops}
    params: dict[str, ParamsByKind] = defaultdict(ParamsByKind)
    counted: set[str] = set()
    for op in trace.ops:
        for name in _read(op) if id(op) in owners else ():
            if name not in counted:
                counted.add(name)
                params[owners[id(op)]] += ParamsByKind(**{kinds[name]: trace.parameters[name]})
    return params


def _layer(path: str, ops: list[TracedOp], params: ParamsByKind) -> Layer:
    first = ops[0]
    is_convolution = first.stride is not None
    dilation = dict(first.settings).get("dilation", ()) if is_convolution else ()
    read = {index for index, _ in first.parameters}
    data = tuple(shape for index, shape in enumerate(first.inputs) if index not in read)
    return Layer(
        path=path,
        op=traced.kind(first) or "",
        inputs=data or first.inputs or first.outputs,
        outputs=traced.outputs(first) or first.inputs,
        kernel=first.inputs[1][2:] if is_convolution else None,
        stride=first.stride,
        groups=first.groups if is_convolution else None,
        cost=summed((*map(traced.cost, ops), Cost(params))),
        module=first.module,
        calls=len(ops),
        dilation=dilation if max(dilation, default=1) > 1 else None,
    )


def _labels(name: str, layers: tuple[Layer, ...], facts: TracedFacts, modules: Mapping[str, str]) -> dict[str, str]:
    """Class names of the modules that have layers below them, or parameters that nothing reads."""
    paths = {layer.path for layer in layers}
    shown: set[str] = set()
    for path in (*paths, *(each.name for each in facts.unused)):
        while path:
            path = path.rpartition(".")[0]
            shown.add(path)
    return {"": name} | {path: what for path, what in modules.items() if path in shown - paths and path}
