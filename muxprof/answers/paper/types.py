"""The claims of a paper and the verdicts on them."""

from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

Verdict: TypeAlias = Literal[
    "reproduced", "rounds to it", "differs", "holds only under a condition", "needs training: not checked"
]
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)


@dataclass(frozen=True)
class Claim:
    """A claim of the supplement: where it stands, what it says, what comes out here, the verdict, and why.

    ``command`` repeats the computation; it is empty where this report is all there is.
    """

    place: str
    says: str
    computed: str
    verdict: Verdict
    why: str
    command: str


Claims: TypeAlias = tuple[Claim, ...]
