"""Is the block with fewer multiply-adds the faster one on this machine's CPU?"""

import muxprof

report = muxprof.block(C=32, E=6, G=2, L="1/2", H=28, W=28)
timed = muxprof.profile(report, "cpu", threads=1, budget=2)

assert report.ratios is not None
print(f"promised: {float(report.ratios.madds):.2f} of MobileNet's MAdds")
for subject in timed.subjects:
    assert subject.timing is not None
    whole = subject.timing.wholes[0].samples
    assert whole is not None
    print(f"{subject.name}: {1000 * whole.median:.2f} ms (p10 {1000 * whole.p10:.2f}, p90 {1000 * whole.p90:.2f})")
    assert subject.timing.parts is not None
    costs = {layer.path: layer.cost for layer in subject.layers}
    parts = {part.path: part.samples.median for part in subject.timing.parts.parts if part.samples is not None}
    idle = sum(seconds for path, seconds in parts.items() if costs[path].madds == 0)
    print(f"  ops without any MAdds take {idle / sum(parts.values()):.0%} of it")
