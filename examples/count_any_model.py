"""Any PyTorch model: what it costs, and whether all of it could be counted."""

from torch import Tensor, nn
from torch.nn import functional

import muxprof


class Patches(nn.Module):
    """Attention over 8 x 8 patches of an image; two of its products belong to no module."""

    def __init__(self) -> None:
        """Ten classes."""
        super().__init__()
        self.patch = nn.Conv2d(3, 16, 8, 8)
        self.classify = nn.Linear(16, 10)

    def forward(self, x: Tensor) -> Tensor:
        """[N, 3, H, W] -> [N, 10]."""
        y = self.patch(x).flatten(2).transpose(1, 2)
        y = functional.scaled_dot_product_attention(y, y, y)
        return self.classify(y.mean(1))  # type: ignore[no-any-return]  # Module.__call__ is untyped


report = muxprof.trace(Patches(), (1, 3, 64, 64), check=True)
subject = report.subjects[0]
for layer in subject.layers:
    if layer.cost.madds:
        print(f"{layer.path:24} {layer.op:10} {layer.cost.madds:>10,} MAdds")
known = "complete" if subject.complete else "at least"
print(f"in all {subject.totals.madds:,} MAdds; {known}; agrees: {report.agrees}")
