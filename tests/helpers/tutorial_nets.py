"""Networks in the style of the tutorials that everybody starts from, written without regard to how they are counted.

Each comes with the inputs that it takes and its MAdds, worked out by hand from its layers: output positions x kernel x
channels for convolutions, rows x inputs x outputs for products.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812 - as everybody writes it
from torch import Tensor, nn


class LeNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 6, 5, padding=2)
        self.conv2 = nn.Conv2d(6, 16, 5)
        self.fc1 = nn.Linear(16 * 5 * 5, 120)
        self.fc2 = nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, 10)

    def forward(self, x: Tensor) -> Any:
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        x = torch.flatten(x, 1)
        return self.fc3(F.relu(self.fc2(F.relu(self.fc1(x)))))


LENET = 28 * 28 * 25 * 6 + 10 * 10 * 25 * 6 * 16 + 400 * 120 + 120 * 84 + 84 * 10


def vgg() -> nn.Module:
    layers: list[nn.Module] = []
    channels = 3
    for width in (16, 0, 32, 0, 64, 64, 0):
        if width:
            layers += [nn.Conv2d(channels, width, 3, padding=1), nn.BatchNorm2d(width), nn.ReLU(inplace=True)]
            channels = width
        else:
            layers.append(nn.MaxPool2d(2))
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(64 * 4 * 4, 128), nn.ReLU(), nn.Dropout(), nn.Linear(128, 10))


VGG = 9 * (32**2 * 3 * 16 + 16**2 * 16 * 32 + 8**2 * (32 * 64 + 64 * 64)) + 1024 * 128 + 128 * 10


class Bottleneck(nn.Module):
    def __init__(self, inside: int, width: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inside, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, 4 * width, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(4 * width)
        self.relu = nn.ReLU(inplace=True)
        self.downsample = None
        if stride != 1 or inside != 4 * width:
            self.downsample = nn.Sequential(
                nn.Conv2d(inside, 4 * width, 1, stride, bias=False), nn.BatchNorm2d(4 * width)
            )

    def forward(self, x: Tensor) -> Any:
        identity = x if self.downsample is None else self.downsample(x)
        out = self.relu(self.bn1(self.conv1(x)))
        out = self.relu(self.bn2(self.conv2(out)))
        return self.relu(self.bn3(self.conv3(out)) + identity)


class ResNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        self.layer1 = nn.Sequential(Bottleneck(16, 8, 1), Bottleneck(32, 8, 1))
        self.layer2 = nn.Sequential(Bottleneck(32, 16, 2))
        self.fc = nn.Linear(64, 10)

    def forward(self, x: Tensor) -> Any:
        x = F.max_pool2d(F.relu(self.bn1(self.conv1(x))), 3, 2, 1)
        x = self.layer2(self.layer1(x))
        return self.fc(x.mean([2, 3]))


RESNET = (
    32**2 * 49 * 3 * 16
    + 16**2 * (16 * 8 + 9 * 8 * 8 + 8 * 32 + 16 * 32)
    + 16**2 * (32 * 8 + 9 * 8 * 8 + 8 * 32)
    + 16**2 * 32 * 16
    + 8**2 * (9 * 16 * 16 + 16 * 64 + 32 * 64)
    + 64 * 10
)


class DenseNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.ModuleList(
            nn.Sequential(nn.BatchNorm2d(8 + 4 * i), nn.ReLU(), nn.Conv2d(8 + 4 * i, 4, 3, padding=1, bias=False))
            for i in range(3)
        )
        self.classifier = nn.Linear(20, 10)

    def forward(self, x: Tensor) -> Any:
        for layer in self.layers:
            x = torch.cat([x, layer(x)], 1)
        return self.classifier(F.adaptive_avg_pool2d(x, 1).flatten(1))


DENSENET = 8**2 * 9 * 4 * (8 + 12 + 16) + 200


class UNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.down = nn.Conv2d(1, 8, 3, padding=1)
        self.bottom = nn.Conv2d(8, 16, 3, padding=1)
        self.up = nn.ConvTranspose2d(16, 8, 2, stride=2)
        self.out = nn.Conv2d(16, 2, 1)

    def forward(self, x: Tensor) -> Any:
        skip = F.relu(self.down(x))
        x = self.up(F.relu(self.bottom(F.max_pool2d(skip, 2))))
        return self.out(torch.cat([skip, x], 1))


UNET = 16**2 * 9 * 8 + 8**2 * 9 * 8 * 16 + 8**2 * 4 * 16 * 8 + 16**2 * 16 * 2


def generator() -> nn.Module:
    """A DCGAN's: 1x1 -> 4x4 -> 8x8 -> 16x16; a transposed convolution uses each weight once per *input* position."""
    return nn.Sequential(
        nn.ConvTranspose2d(10, 16, 4, 1, 0, bias=False), nn.BatchNorm2d(16), nn.ReLU(True),
        nn.ConvTranspose2d(16, 8, 4, 2, 1, bias=False), nn.BatchNorm2d(8), nn.ReLU(True),
        nn.ConvTranspose2d(8, 3, 4, 2, 1, bias=False), nn.Tanh(),
    )  # fmt: skip


GENERATOR = 16 * (1 * 10 * 16 + 4**2 * 16 * 8 + 8**2 * 8 * 3)


class Mixer(nn.Module):
    def __init__(self, patches: int = 16, width: int = 12) -> None:
        super().__init__()
        self.embed = nn.Conv2d(3, width, 4, 4)
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.tokens = nn.Sequential(nn.Linear(patches, 24), nn.GELU(), nn.Linear(24, patches))
        self.channels = nn.Sequential(nn.Linear(width, 48), nn.GELU(), nn.Linear(48, width))
        self.head = nn.Linear(width, 10)

    def forward(self, x: Tensor) -> Any:
        x = self.embed(x).flatten(2).transpose(1, 2)
        x = x + self.tokens(self.norm1(x).transpose(1, 2)).transpose(1, 2)
        x = x + self.channels(self.norm2(x))
        return self.head(x.mean(1))


MIXER = 16 * (16 * 3 * 12) + 12 * 2 * 16 * 24 + 16 * 2 * 12 * 48 + 120


class Attention(nn.Module):
    """As in most vision transformers: one matrix for query, key and value, and scaled_dot_product_attention."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width)
        self.proj = nn.Linear(width, width)

    def forward(self, x: Tensor) -> Any:
        n, t, c = x.shape
        q, k, v = self.qkv(x).reshape(n, t, 3, self.heads, c // self.heads).permute(2, 0, 3, 1, 4)
        x = F.scaled_dot_product_attention(q, k, v)
        return self.proj(x.transpose(1, 2).reshape(n, t, c))


class ViT(nn.Module):
    def __init__(self, ready_made: bool, width: int = 24, heads: int = 3) -> None:
        super().__init__()
        self.patch = nn.Conv2d(3, width, 8, 8)
        self.cls = nn.Parameter(torch.zeros(1, 1, width))
        self.pos = nn.Parameter(torch.zeros(1, 17, width))
        self.norm1, self.norm2, self.norm = nn.LayerNorm(width), nn.LayerNorm(width), nn.LayerNorm(width)
        self.ready_made = ready_made
        self.attn = nn.MultiheadAttention(width, heads, batch_first=True) if ready_made else Attention(width, heads)
        self.mlp = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))
        self.head = nn.Linear(width, 10)

    def forward(self, x: Tensor) -> Any:
        x = self.patch(x).flatten(2).transpose(1, 2)
        x = torch.cat([self.cls.expand(len(x), -1, -1), x], 1) + self.pos
        y = self.norm1(x)
        x = x + (self.attn(y, y, y, need_weights=False)[0] if self.ready_made else self.attn(y))
        x = x + self.mlp(self.norm2(x))
        return self.head(self.norm(x)[:, 0])


#: 16 patches and a token of class; query, key, value and output; scores and their use; the hidden layer; the head.
VIT = 16 * 64 * 3 * 24 + 17 * 4 * 24 * 24 + 2 * 17 * 17 * 24 + 17 * 2 * 24 * 96 + 240


class TextClassifier(nn.Module):
    def __init__(self, kind: type[nn.LSTM] | type[nn.GRU]) -> None:
        super().__init__()
        self.embedding = nn.Embedding(50, 8)
        self.rnn = kind(8, 16, num_layers=2, batch_first=True, bidirectional=kind is nn.LSTM)
        self.fc = nn.Linear(32 if kind is nn.LSTM else 16, 4)

    def forward(self, ids: Tensor) -> Any:
        out, _ = self.rnn(self.embedding(ids))
        return self.fc(out[:, -1])


#: Each of 9 steps: gates x (inputs + hidden) x hidden, for both layers and, of the LSTM, both directions.
LSTM = 9 * 2 * 4 * 16 * ((8 + 16) + (32 + 16)) + 32 * 4
GRU = 9 * 3 * 16 * ((8 + 16) + (16 + 16)) + 16 * 4


class CharTransformer(nn.Module):
    """A small language model whose last layer shares the weights of its embedding; attention by hand, masked."""

    def __init__(self, vocabulary: int = 30, width: int = 16, length: int = 12) -> None:
        super().__init__()
        self.tokens = nn.Embedding(vocabulary, width)
        self.places = nn.Embedding(length, width)
        self.key, self.query, self.value = (nn.Linear(width, width, bias=False) for _ in range(3))
        self.ff = nn.Sequential(nn.Linear(width, 64), nn.ReLU(), nn.Linear(64, width))
        self.ln = nn.LayerNorm(width)
        self.head = nn.Linear(width, vocabulary, bias=False)
        self.head.weight = self.tokens.weight
        self.register_buffer("mask", torch.tril(torch.ones(length, length)))

    def forward(self, ids: Tensor) -> Any:
        t = ids.shape[1]
        x = self.tokens(ids) + self.places(torch.arange(t))
        scores = self.query(x) @ self.key(x).transpose(-2, -1) * x.shape[-1] ** -0.5
        scores = scores.masked_fill(self.get_buffer("mask")[:t, :t] == 0, float("-inf"))
        x = x + torch.softmax(scores, -1) @ self.value(x)
        return self.head(self.ln(x + self.ff(x)))


CHARS = 10 * 3 * 16 * 16 + 2 * 10 * 10 * 16 + 10 * 2 * 16 * 64 + 10 * 16 * 30


class AutoEncoder(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 8))
        self.decoder = nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, 64), nn.Sigmoid())

    def forward(self, x: Tensor) -> Any:
        return self.decoder(self.encoder(x.view(len(x), -1))).view_as(x)


AUTOENCODER = 2 * (64 * 32 + 32 * 8)


class LayerNorm2d(nn.LayerNorm):
    def forward(self, x: Tensor) -> Any:
        return super().forward(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


class ConvNeXt(nn.Module):
    def __init__(self, width: int = 16) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, width, 4, 4), LayerNorm2d(width))
        self.dwconv = nn.Conv2d(width, width, 7, padding=3, groups=width)
        self.norm = nn.LayerNorm(width)
        self.pwconv1, self.pwconv2 = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)
        self.gamma = nn.Parameter(torch.ones(width))

    def forward(self, x: Tensor) -> Any:
        x = self.stem(x)
        y = self.norm(self.dwconv(x).permute(0, 2, 3, 1))
        y = self.gamma * self.pwconv2(F.gelu(self.pwconv1(y)))
        return x + y.permute(0, 3, 1, 2)


CONVNEXT = 8**2 * (48 * 16 + 49 * 16 + 2 * 16 * 64)


class WideAndDeep(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.tables = nn.ModuleList(nn.Embedding(size, 4) for size in (100, 20, 7))
        self.wide = nn.EmbeddingBag(127, 1, mode="sum")
        self.deep = nn.Sequential(nn.Linear(12 + 5, 32), nn.ReLU(), nn.Linear(32, 1))

    def forward(self, ids: Tensor, numbers: Tensor) -> Any:
        found = [table(ids[:, i]) for i, table in enumerate(self.tables)]
        return torch.sigmoid(self.wide(ids) + self.deep(torch.cat([*found, numbers], 1)))


WIDE_AND_DEEP = 17 * 32 + 32


class EinsumAttention(nn.Module):
    """Cross-attention of 3 slots over a set of 7, by einsum and bmm, and products with weights that no layer holds."""

    def __init__(self) -> None:
        super().__init__()
        self.slots = nn.Parameter(torch.zeros(3, 8))
        self.key = nn.Parameter(torch.zeros(5, 8))
        self.value = nn.Parameter(torch.zeros(5, 6))

    def forward(self, x: Tensor) -> Any:
        keys = torch.einsum("bnd,dk->bnk", x, self.key)
        weights = torch.einsum("sk,bnk->bsn", self.slots, keys).softmax(-1)
        return torch.bmm(weights, torch.matmul(x, self.value))


EINSUM = 7 * 5 * 8 + 3 * 8 * 7 + 7 * 5 * 6 + 3 * 7 * 6


def inception() -> nn.Module:
    class Branches(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.one = nn.Conv2d(8, 4, 1)
            self.three = nn.Sequential(nn.Conv2d(8, 4, (1, 3), padding=(0, 1)), nn.Conv2d(4, 4, (3, 1), padding=(1, 0)))
            self.pool = nn.Sequential(nn.AvgPool2d(3, 1, 1), nn.Conv2d(8, 4, 1, groups=2))

        def forward(self, x: Tensor) -> Any:
            return torch.cat([self.one(x), self.three(x), self.pool(x)], 1)

    return Branches()


INCEPTION = 6**2 * (8 * 4 + 3 * 8 * 4 + 3 * 4 * 4 + 8 * 4 // 2)


class SpeechCnn(nn.Module):
    """1-D convolutions over sound, then a 3-D one over time, for want of another."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv1d(1, 8, 8, stride=4)
        self.conv2 = nn.Conv1d(8, 8, 3, padding="same", dilation=2)
        self.conv3 = nn.Conv3d(1, 2, 3)

    def forward(self, x: Tensor) -> Any:
        return self.conv3(F.relu(self.conv2(F.relu(self.conv1(x)))).view(-1, 1, 8, 3, 5))


SPEECH = 15 * 8 * 8 + 15 * 3 * 8 * 8 + 6 * 1 * 3 * 27 * 2


@dataclass(frozen=True)
class Net:
    """A network: what makes it, shapes of its inputs, MAdds by hand, and those that fvcore cannot see."""

    make: Callable[[], nn.Module]
    inputs: tuple[Any, ...]
    madds: int
    unseen_by_fvcore: int = 0


NETS = {
    "lenet": Net(LeNet, ("1x1x28x28",), LENET),
    "vgg": Net(vgg, ("1x3x32x32",), VGG),
    "resnet": Net(ResNet, ("1x3x64x64",), RESNET),
    "densenet": Net(DenseNet, ("1x8x8x8",), DENSENET),
    "unet": Net(UNet, ("1x1x16x16",), UNET),
    "generator": Net(generator, ("1x10x1x1",), GENERATOR),
    "mixer": Net(Mixer, ("1x3x16x16",), MIXER),
    # fvcore has no formula for the two products of scaled_dot_product_attention, which both of these end in.
    "vit of MultiheadAttention": Net(lambda: ViT(True), ("1x3x32x32",), VIT, 2 * 17 * 17 * 24),
    "vit of sdpa": Net(lambda: ViT(False), ("1x3x32x32",), VIT, 2 * 17 * 17 * 24),
    # Nor for recurrent layers.
    "lstm": Net(lambda: TextClassifier(nn.LSTM), ("1x9:int64",), LSTM, LSTM - 128),
    "gru": Net(lambda: TextClassifier(nn.GRU), ("1x9:int64",), GRU, GRU - 64),
    "char transformer": Net(CharTransformer, ("1x10:int64",), CHARS),
    "autoencoder": Net(AutoEncoder, ("1x1x8x8",), AUTOENCODER),
    "convnext": Net(ConvNeXt, ("1x3x32x32",), CONVNEXT),
    "wide and deep": Net(WideAndDeep, ("1x3:int64", "1x5"), WIDE_AND_DEEP),
    "einsum": Net(EinsumAttention, ("1x7x5",), EINSUM),
    "inception": Net(inception, ("1x8x6x6",), INCEPTION),
    # It passes over a convolution that pads to the same size.
    "speech": Net(SpeechCnn, ("1x1x64",), SPEECH, 15 * 3 * 8 * 8),
}
