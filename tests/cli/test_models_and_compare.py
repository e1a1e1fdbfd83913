from __future__ import annotations

import csv
import io
import json
import shutil
from pathlib import Path

import pytest
from processes import Run
from typer.testing import CliRunner

import muxprof
from muxprof.cli.main import app
from muxprof.spec import files, zoo


def test_models_lists_everything_beside_what_was_published(muxprof_process: Run) -> None:
    done = muxprof_process("models", env={"COLUMNS": "80"}, cold=True)
    assert done.returncode == 0, done.stderr
    assert max(map(len, done.stdout.splitlines())) <= 80
    lines = {line.split()[0]: line.split() for line in done.stdout.splitlines() if line and "," in line}
    assert set(zoo.names()) <= lines.keys()
    assert lines["resnet18"] == ["resnet18", "11,689,512", "1,814,073,344", "11.7", "M", "1.8", "B", "-", "-"]
    # 316,454,832 against 318 M: (316.454832 - 318) / 318.
    assert lines["muxnet-l"][-2:] == ["-", "-0.49"]


def test_models_json_and_csv(muxprof_process: Run, tmp_path: Path) -> None:
    out = tmp_path / "zoo.csv"
    document = json.loads(muxprof_process("models", "--json", "--out", str(out), "--quiet").stdout)
    found = {subject["name"]: subject for subject in document["subjects"]}
    assert list(found) == list(zoo.names())
    assert found["alexnet"]["totals"]["params"] == 61_100_840
    assert found["muxnet-m"]["published"]["madds"] == "218 M"
    assert found["muxnet-m"]["provenance"] == "released code"
    rows = {row["network"]: row for row in csv.DictReader(io.StringIO(out.read_text(encoding="utf-8")))}
    assert int(rows["mobilenetv3-large"]["params"]) == 5_483_032
    assert rows["shufflenetv2-x2.0"]["published_madds"] == "591 M"


def test_compare_gives_ratios_to_the_first() -> None:
    done = CliRunner().invoke(app, ["compare", "mobilenetv2", "muxnet-m", "--no-check"], env={"COLUMNS": "120"})
    assert done.exit_code == 0
    line = next(line for line in done.stdout.splitlines() if line.startswith("muxnet-m"))
    assert f"{216_808_112 / 300_774_272:.4f}" in line
    assert f"{3_354_276 / 3_504_872:.4f}" in line


def test_compare_is_proven_too() -> None:
    done = CliRunner().invoke(app, ["compare", "resnet18", "shufflenetv2-x0.5", "--res", "96", "--json"])
    assert done.exit_code == 0
    assert [s["check"]["status"] for s in json.loads(done.stdout)["subjects"]] == ["agree", "agree"]


def test_compare_refuses_nothing_twice_and_unknown() -> None:
    for words, text in (
        (["muxnet-m", "MUXNet_M"], "two of these networks are called muxnet-m, muxnet-m and MUXNet_M; each may be"),
        (["muxnet-m", "resnet19"], "did you mean resnet18?"),
    ):
        done = CliRunner().invoke(app, ["compare", *words])
        assert done.exit_code == 2
        assert text in done.stderr
    with pytest.raises(muxprof.BadInput, match="nothing to compare"):
        muxprof.compare()


def test_compare_names_the_file_whose_network_is_called_like_another(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(files.text(zoo.network("resnet18")), encoding="utf-8")
    done = CliRunner().invoke(app, ["compare", "resnet18", "muxnet-m", str(path)])
    assert done.exit_code == 2
    assert f"two of these networks are called resnet18, resnet18 and {path}; each may be compared once" in done.stderr


def test_compare_gives_a_note_once_with_all_that_it_is_about() -> None:
    notes = muxprof.compare("muxnet-m", "resnet18", "muxnet-l").notes
    assert len(notes) == 2
    assert all(note.startswith("muxnet-m, muxnet-l: ") for note in notes)


def test_compare_with_a_segmentation_head() -> None:
    done = CliRunner().invoke(app, ["compare", "mobilenetv2", "shufflenetv2", "--head", "c1", "--res", "33", "--json"])
    assert done.exit_code == 0
    subjects = json.loads(done.stdout)["subjects"]
    assert [s["name"] for s in subjects] == ["mobilenetv2+c1", "shufflenetv2-x1.0+c1"]
    assert [s["check"]["status"] for s in subjects] == ["agree", "agree"]
    done = CliRunner().invoke(app, ["compare", "mobilenetv2", "alexnet", "--head", "c1"])
    assert (done.exit_code, done.stdout) == (2, "")
    assert "alexnet cannot be the backbone of a segmentation head" in done.stderr


def test_the_page_holds_every_network(tmp_path: Path) -> None:
    page = muxprof.compare("mobilenetv2", "muxnet-m", "resnet18").save(tmp_path / "compare.html").read_text("utf-8")
    for name, params in (("mobilenetv2", "3,504,872"), ("muxnet-m", "3,354,276"), ("resnet18", "11,689,512")):
        assert page.count(name) >= 2
        assert page.count(params) >= 2
    assert '<script src="http' not in page


@pytest.mark.browser
def test_the_page_in_a_browser(tmp_path: Path) -> None:
    chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if not chromium or not driver:
        pytest.skip("no chromium and chromedriver on this machine")
    webdriver = pytest.importorskip("selenium.webdriver")
    from selenium.webdriver.chrome.service import Service

    path = muxprof.compare("mobilenetv2", "muxnet-m", "resnet18").save(tmp_path / "compare.html")
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for flag in ("headless", "no-sandbox", "disable-gpu", "disable-background-networking", "disable-sync"):
        options.add_argument(f"--{flag}")
    options.add_argument(f"--user-data-dir={tmp_path / 'profile'}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    browser = webdriver.Chrome(options=options, service=Service(driver))
    try:
        browser.get("about:blank")
        browser.get_log("performance")  # the browser's own first page
        browser.get(path.as_uri())
        points = browser.execute_script(
            "const p = document.querySelector('.js-plotly-plot').data[0];"
            "return [Array.from(p.text), Array.from(p.x), Array.from(p.y)]"
        )
        requests = [
            message["params"]["request"]["url"]
            for entry in browser.get_log("performance")
            if (message := json.loads(entry["message"])["message"])["method"] == "Network.requestWillBeSent"
        ]
        console = browser.get_log("browser")
    finally:
        browser.quit()
    assert points == [
        ["mobilenetv2", "muxnet-m", "resnet18"],
        [300_774_272, 216_808_112, 1_814_073_344],
        [3_504_872, 3_354_276, 11_689_512],
    ]
    assert console == []
    assert [url for url in requests if not url.startswith(("file:", "data:", "blob:"))] == []
