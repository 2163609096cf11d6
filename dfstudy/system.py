"""Is a library of the operating system missing? Which one, and in which package is it?

    python -m dfstudy.system      # exit 1 and one sentence if OpenCV cannot load

Python's own packages come from the lock; what they link to comes from the system, and
a bare server or container often lacks the X and GL libraries of OpenCV's wheel.
"""

import importlib
import re
import sys

# Debian and Ubuntu packages by the library's name without its version.
PACKAGES = {
    "libGL": "libgl1",
    "libEGL": "libegl1",
    "libglib-2.0": "libglib2.0-0",
    "libgthread-2.0": "libglib2.0-0",
    "libSM": "libsm6",
    "libICE": "libice6",
    "libX11": "libx11-6",
    "libXext": "libxext6",
    "libXrender": "libxrender1",
    "libxcb": "libxcb1",
    "libgomp": "libgomp1",
    "libstdc++": "libstdc++6",
}


def advice(module: str, message: str) -> str:
    """One sentence for an ImportError's `message`, with what to install."""
    found = re.search(r"(lib[\w.+-]+?)\.so[.\d]*", message)
    if not found:
        return f"{module} cannot be imported: {message}"
    package = PACKAGES.get(found[1])
    how = (
        f"Debian, Ubuntu: apt install {package}"
        if package
        else f"find its package with: apt-file search {found[0]}"
    )
    return f"{module} needs the system library {found[0]}, which is missing. {how}"


def problems(modules: tuple[str, ...] = ("cv2", "av")) -> list[str]:
    """What keeps these modules from being imported; empty if nothing does."""
    found = []
    for module in modules:
        try:
            importlib.import_module(module)
        except ImportError as error:
            found.append(advice(module, str(error)))
    return found


if __name__ == "__main__":
    if messages := problems():
        sys.exit("\n".join(messages))
