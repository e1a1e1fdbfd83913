"""A toy metric: bytes of the weights in fp16."""

from muxprof.cost import ops
from muxprof.document.metrics import Metric
from muxprof.units import bytes_text

ROW = Metric(
    "half",
    "half bytes",
    lambda cost: 2 * cost.params.total,
    lambda op: 2 * ops.params(op),
    json="half_bytes",
    text=bytes_text,
    full=bytes_text,
)
