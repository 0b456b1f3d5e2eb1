"""The house: imports run one way, only the interface knows Gradio, and the Space's descriptions agree."""

import ast
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent
# A room imports from the left of itself, never from the right.
ORDER = ("types", "errors", "config", "assets", "audio", "canvas", "styles", "conditions", "generator", "performance",
         "vocoder", "studio", "evaluation", "engines", "library", "ui", "cli")


def imports(path: Path) -> set[str]:
    """Dotted names that a file imports, wherever in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def room(dotted: str) -> str | None:
    parts = dotted.split(".")
    return parts[1] if parts[0] == "modules" and len(parts) > 1 else None


def test_rooms_import_only_from_their_left():
    wrong = []
    for path in (ROOT / "modules").rglob("*.py"):
        here = path.relative_to(ROOT / "modules").parts[0].removesuffix(".py")
        if here in ("training", "__init__"):
            continue
        for name in imports(path):
            there = room(name)
            if there in (None, "__init__") or there == here:
                continue
            if there == "training" or ORDER.index(there) > ORDER.index(here) and (here, there) != ("cli", "ui"):
                wrong.append(f"{path.relative_to(ROOT)} imports {name}")
    assert not wrong, "\n".join(wrong)


def test_only_the_interface_knows_gradio():
    users = {path.relative_to(ROOT).parts[1] for path in (ROOT / "modules").rglob("*.py")
             if any(name.split(".")[0] == "gradio" for name in imports(path))}
    assert users == {"ui"}


def test_no_room_is_named_for_nothing():
    assert not [p for p in (ROOT / "modules").rglob("*") if p.stem in ("utils", "helpers", "manager", "common")]


def test_space_descriptions_agree():
    space = yaml.safe_load((ROOT / "spaces.yaml").read_text(encoding="utf-8"))
    front = yaml.safe_load((ROOT / "README.md").read_text(encoding="utf-8").split("---")[1])
    packages = space.pop("packages")
    assert front == space
    assert packages == (ROOT / "packages.txt").read_text(encoding="utf-8").split()
    pins = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    assert f"gradio=={space['sdk_version'].removesuffix('.0')}" in pins
    assert (ROOT / space["app_file"]).is_file()


def test_every_requirement_is_pinned_and_says_why():
    for line in (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            requirement, _, why = line.partition("#")
            assert "==" in requirement and why.strip(), line
