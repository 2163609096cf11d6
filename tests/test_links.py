"""Links of our pages and lessons to files of ours lead somewhere."""

import pytest

from dfstudy import paths
from dfstudy.course import check


def test_ours_do():
    assert check.links(paths.root()) == []


@pytest.mark.parametrize(
    ("link", "problem"),
    [
        ("gone.md", "leads nowhere"),
        ("docs/gone.md#top", "leads nowhere"),
        ("docs/page.md#no-such", "no such heading"),
        ("#no-such", "no such heading"),
    ],
)
def test_a_link_that_leads_nowhere_is_found(tmp_path, link, problem):
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "page.md").write_text("# A page: of ours\n")
    (tmp_path / "README.md").write_text(f"# Top\n\n[there]({link})\n")
    (found,) = check.links(tmp_path)
    assert found.startswith(f"README.md: the link {link}") and problem in found


@pytest.mark.parametrize(
    "link",
    ["docs/page.md", "docs/page.md#a-page-of-ours", "#top", "https://example.org/gone"],
)
def test_a_link_that_leads_somewhere_is_not(tmp_path, link):
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "page.md").write_text("# A page: of ours\n")
    (tmp_path / "README.md").write_text(f"# Top\n\n[there]({link})\n")
    assert check.links(tmp_path) == []
