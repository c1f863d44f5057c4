"""Build wheel and sdist, look into them, and use the wheel in a fresh environment: ``make dist``.

Run from the root of the checkout by a Python that has `build` and `hatchling`. Not a test of pytest's, since it
installs from the package index. What is built stays in ``dist/``.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
import tempfile
import tomllib
import venv
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DIST = ROOT / "dist"

ALWAYS = ("lp_posg", "models", "tests", "benchmarks", "docs", "README.md", "CHANGELOG.md", "LICENSE", "Makefile")
"""What a source distribution is no use without; the rest is what pyproject.toml names."""

SCRIPT = "import lp_posg; game = lp_posg.catalog('chicken'); print(game.name, lp_posg.__file__)"


def main() -> None:
    """Exit with the first thing that is wrong, or say that nothing is."""
    shutil.rmtree(DIST, ignore_errors=True)
    build("--sdist", "--wheel", "--outdir", str(DIST), str(ROOT))
    (sdist,), (wheel,) = DIST.glob("*.tar.gz"), DIST.glob("*.whl")
    with tempfile.TemporaryDirectory() as folder:
        unpacked = check_sdist(sdist, Path(folder))
        check_wheel(wheel)
        build("--wheel", "--outdir", f"{folder}/again", str(unpacked))
        (again,) = Path(folder, "again").glob("*.whl")
        expect(again.name == wheel.name, f"the sdist gives {again.name}, the checkout {wheel.name}")
        apart = contents(wheel).items() ^ contents(again).items()
        expect(not apart, f"the wheel from the sdist differs in {sorted({name for name, _ in apart})}")
        use(wheel, Path(folder))
    print(f"dist: {sdist.name} and {wheel.name} are complete, agree with each other, and work")


def build(*arguments: str) -> None:
    """Run the build front end, with this environment's hatchling: one download less for each build."""
    subprocess.run([sys.executable, "-m", "build", "--no-isolation", *arguments], check=True, stdout=subprocess.PIPE)


def expect(holds: bool, message: str) -> None:
    """Exit with the message unless it holds."""
    if not holds:
        sys.exit(f"dist: {message}")


def tracked(*places: str) -> set[str]:
    """Return the files under version control, without those that were just removed; empty where there is no git."""
    found = subprocess.run(["git", "ls-files", "--", *places], cwd=ROOT, capture_output=True, text=True)
    return {name for name in found.stdout.splitlines() if (ROOT / name).exists()} if found.returncode == 0 else set()


def check_sdist(sdist: Path, folder: Path) -> Path:
    """Unpack the source distribution and look for what has to be in it; return where it is."""
    with tarfile.open(sdist) as archive:
        archive.extractall(folder, filter="data")
    unpacked = folder / sdist.name.removesuffix(".tar.gz")
    included = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["sdist"][
        "include"
    ]
    for name in (*ALWAYS, *included, "pyproject.toml", "PKG-INFO"):
        expect((unpacked / name).exists(), f"the sdist lacks {name}")
    lacking = sorted(name for name in tracked(*ALWAYS, *included) if not (unpacked / name).exists())
    expect(not lacking, f"the sdist lacks {lacking}")
    expect(not list(unpacked.rglob("*.pyc")), "the sdist has compiled files")
    return unpacked


def contents(wheel: Path) -> dict[str, int]:
    """Return the files of a wheel and their checksums."""
    with zipfile.ZipFile(wheel) as archive:
        return {info.filename: info.CRC for info in archive.infolist()}


def check_wheel(wheel: Path) -> None:
    """Look for every file of the package and of the catalogue, templates and types included, and for nothing else."""
    found = {name for name in contents(wheel) if ".dist-info/" not in name}
    for name in ("lp_posg/py.typed", "lp_posg/report/page.html", "lp_posg/models/README.md"):
        expect(name in found, f"the wheel lacks {name}")
    stray = sorted(name for name in found if not name.startswith("lp_posg/") or name.endswith(".pyc"))
    expect(not stray, f"the wheel has {stray}, which is none of the package")
    here = tracked("lp_posg") | {f"lp_posg/{name}" for name in tracked("models")}
    expect(not here - found, f"the wheel lacks {sorted(here - found)}")


def use(wheel: Path, folder: Path) -> None:
    """Install the wheel alone into an environment of its own, and do there what a newcomer does."""
    venv.create(folder / "venv", with_pip=True)
    bin_ = folder / "venv" / ("Scripts" if sys.platform == "win32" else "bin")

    def run(*command: str, status: int = 0) -> str:
        # Not from the checkout, whose package would be found first.
        result = subprocess.run([str(bin_ / command[0]), *command[1:]], cwd=folder, capture_output=True, text=True)
        expect(result.returncode == status, f"{' '.join(command)} ends in {result.returncode}: {result.stderr}")
        return result.stdout + result.stderr

    run("python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", str(wheel.resolve()))
    version = wheel.name.split("-")[1]
    shown = run("lp-posg", "--version")
    expect(shown == f"lp-posg {version}\n", f"--version says {shown!r}, the wheel is {version}")
    solved = run("lp-posg", "solve", "dectiger", "--horizon", "3")
    expect("certificate: exact" in solved, f"solve says {solved!r}")
    name, place = run("python", "-c", SCRIPT).split()
    expect(name == "chicken" and Path(place).is_relative_to(folder.resolve()), f"{place} is not the package installed")
    # Without the extra there is an error that names it, not a traceback.
    told = run("lp-posg", "report", "chicken", "--horizon", "1", "--out", "r.html", status=1)
    expect("pip install 'lp-posg[report]'" in told, f"report without its extra says {told!r}")


if __name__ == "__main__":
    main()
