"""Whatever a leaf returns, its tensors are seen and nothing fails."""

from torch import Tensor, nn

from muxprof.tracing import count


class Nested(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3, padding=1)
        self.lstm = nn.LSTM(4, 5, batch_first=True)

    def forward(self, x: Tensor) -> Tensor:
        y, _ = self.lstm(self.conv(x).flatten(2).transpose(1, 2))
        return y  # type: ignore[no-any-return]  # Module.__call__ is untyped


def test_a_leaf_with_nested_outputs() -> None:
    counts = {c.counter: c for c in count(Nested(), (1, 3, 8, 8))}
    shapes = counts["output shapes"]
    assert shapes.failed is None
    assert shapes.shapes == {"conv": ((1, 4, 8, 8),), "lstm": ((1, 64, 5), (1, 1, 5), (1, 1, 5))}
    assert counts["FlopCounterMode"].failed is None


class Looped(nn.Module):
    """A list is never called itself; its parent calls what is in it."""

    def __init__(self) -> None:
        super().__init__()
        self.branches = nn.ModuleList([nn.ModuleList([nn.Conv2d(3, 4, 1), nn.Conv2d(3, 5, 3, padding=1)])])

    def forward(self, x: Tensor) -> Tensor:
        total = x.sum()
        for group in self.branches:
            for branch in group:  # type: ignore[attr-defined]  # a list of lists
                total = total + branch(x).sum()
        return total


def test_containers_that_are_never_called() -> None:
    counts = {c.counter: c for c in count(Looped(), (1, 3, 8, 8))}
    expected = {"branches.0.0": 3 * 4 * 64, "branches.0.1": 3 * 5 * 9 * 64}
    assert counts["FlopCounterMode"].madds == expected
    assert counts["fvcore"].madds == expected
