"""Make a segmentation network of a classifier: dilate its backbone and replace its head.

The rule is that of the code of the MUXConv paper's baselines: ``ResnetDilated`` and ``MobileNetV2Dilated`` with
``dilate_scale`` 8 in ``mit_semseg/models/models.py`` of https://github.com/CSAILVision/semantic-segmentation-pytorch.
The notes of the result say what had to be assumed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from muxprof.errors import BadInput
from muxprof.spec import checks
from muxprof.spec.blocks import DsBlock, IrBlock, MuxBlock
from muxprof.spec.cells import CellStack
from muxprof.spec.classic import AnyBlock, BasicBlock, ConvBlock, PoolBlock, StridedBlock
from muxprof.spec.networks import Head, Network, Stage
from muxprof.spec.segmentation import CLASSES, HEADS

#: The largest allowed ratio of the image's side to the last map's.
OUTPUT_STRIDE = 8

_CODE = "github.com/CSAILVision/semantic-segmentation-pytorch"


@dataclass(frozen=True)
class _Backbone:
    """Dilated stages, the paths of undone strides, the remaining output stride, and all dilated blocks."""

    stages: tuple[Stage, ...]
    undone: tuple[str, ...]
    stride: int
    dilated: tuple[AnyBlock, ...]


def segmented(network: Network, head: str, classes: int = CLASSES) -> Network:
    """``network`` as the backbone of a segmentation head, ``c1`` or ``ppm``: scores [N, classes, H/8, W/8].

    Every stride of 2 that would make the map smaller than an eighth of the image is undone, and everything behind it is
    dilated by 2 (by 4 behind the second such stride, and so on), which keeps the receptive fields. The head replaces
    the classifier's 1x1 convolution, pooling, hidden layers and classifier. The notes say what was assumed.

    Raises :class:`BadInput` for an unknown head, for a network that already has a segmentation head, and for a stride
    that cannot be undone (of a pooling, of a stack of cells, or above 2), naming its path.
    """
    checks.one_of(head, "head", tuple(HEADS))
    if not isinstance(network.head, Head):
        raise BadInput(f"{network.name} has a segmentation head already; --head takes the place of a classifier.")
    try:
        backbone = _dilated(network)
        made = HEADS[head](network.head.in_channels, classes)
    except BadInput as error:
        raise BadInput(f"{network.name} cannot be the backbone of a segmentation head: {error}") from None
    source = "head and dilation from CSAIL's code"
    return replace(
        network,
        name=f"{network.name}+{head}",
        stages=backbone.stages,
        head=made,
        provenance=f"{network.provenance}; {source}" if network.provenance else source,
        published=None,
        notes=(*network.notes, *_notes(network.head, head, backbone)),
    )


def _dilated(network: Network) -> _Backbone:
    stages: list[Stage] = []
    undone: list[str] = []
    dilated: list[AnyBlock] = []
    stride, factor = network.stem.stride, 1
    for stage in network.stages:
        blocks: list[AnyBlock] = []
        for index, block in enumerate(stage.blocks):
            path = f"{stage.name}.{index}"
            if isinstance(block, CellStack):
                raise BadInput(f"{path} is a stack of cells, and no rule says which of its strides to undo.")
            step = _step(block)
            if factor == 1 and stride * step <= OUTPUT_STRIDE:
                stride *= step
            elif isinstance(block, PoolBlock) or step > 2:
                what = "is a max pooling" if isinstance(block, PoolBlock) else f"has stride {step}"
                raise BadInput(
                    f"{path} {what}, where the map would be smaller than 1/{OUTPUT_STRIDE} of the image; only strides "
                    "of 2 are undone, and those of convolutions alone."
                )
            else:
                block = _apart(block, factor, undo=step == 2)
                dilated.append(block)
                if step == 2:
                    undone.append(path)
                    factor *= 2
            blocks.append(block)
        stages.append(replace(stage, blocks=tuple(blocks)))
    return _Backbone(tuple(stages), tuple(undone), stride, tuple(dilated))


def _step(block: PoolBlock | MuxBlock | StridedBlock) -> int:
    if isinstance(block, PoolBlock):
        return block.stride
    return 1 if isinstance(block, MuxBlock) else block.step


def _apart(block: StridedBlock | MuxBlock, factor: int, undo: bool) -> StridedBlock | MuxBlock:
    """``block`` with its dilation multiplied by ``factor`` and, for ``undo``, its stride undone."""
    dilation = block.dilation * factor if max(_kernels(block)) > 1 else block.dilation
    if isinstance(block, MuxBlock):
        return replace(block, dilation=dilation)
    if isinstance(block, ConvBlock) and block.padding is not None:
        block = replace(block, dilation=dilation, padding=block.padding * factor)
    return replace(block, dilation=dilation, undo_stride=block.undo_stride or undo)


def _kernels(block: AnyBlock) -> tuple[int, ...]:
    """The kernels of a block's convolutions other than its 1x1 ones."""
    if isinstance(block, IrBlock):
        return block.kernels
    return (block.kernel,) if isinstance(block, (DsBlock, MuxBlock, ConvBlock)) else (3,)


def _notes(head: Head, name: str, backbone: _Backbone) -> Iterator[str]:
    yield (
        f"{name.upper()} as in {_CODE}, without deep supervision, which is training's alone. Not counted: what follows "
        "there, interpolation to the image's size and softmax, which has no MAdds"
        + ("; dropout, the identity at inference." if name == "ppm" else ".")
    )
    gone = [f"the 1x1 convolution to {head.features}"] if head.features is not None else []
    gone += ["the pooling", *["the hidden layers"] * bool(head.hidden), "the classifier"]
    also = "; that code drops the 1x1 convolution of its MobileNetV2 too" if head.features is not None else ""
    yield f"The head takes the place of {', '.join(gone[:-1])} and {gone[-1]}{also}."
    if not backbone.undone:
        yield f"No stride is undone: the last map is at 1/{backbone.stride} of the image as it is."
        return
    yield (
        "Assumed, as the paper does not say whether backbones are dilated: they are, by the rule of that code's "
        f"ResnetDilated and MobileNetV2Dilated (dilate_scale {OUTPUT_STRIDE}). Strides are undone at "
        f"{' and '.join(backbone.undone)}, and what follows has dilation "
        f"{', then '.join(str(2**at) for at in range(1, len(backbone.undone) + 1))}; the map stays at "
        f"1/{backbone.stride} of the image."
    )
    if any(kernel not in (1, 3) for block in backbone.dilated for kernel in _kernels(block)):
        yield "Assumed: larger kernels are dilated like 3x3; where that code dilates, it has no others."
    if any(isinstance(block, MuxBlock) and block.spatial for block in backbone.dilated):
        yield "Assumed: with spatial multiplexing, the depthwise convolution of every branch is dilated."
    if any(isinstance(block, BasicBlock) for stage in backbone.stages for block in stage.blocks):
        yield (
            "That code's ResNets begin with three 3x3 convolutions; here the backbone is as it is as a classifier, for "
            "which Table 2 gives its totals."
        )
