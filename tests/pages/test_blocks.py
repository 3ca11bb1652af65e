"""How pages are read whose commands are run."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.pages.blocks import Block, Command, blocks, typed
from tests.pages.played import Steps, agree


def test_a_block_is_told_apart() -> None:
    text = ("server1$ cat > x <<'E'", "> a", ">", "> b", "server2# y", "z", "...")
    block = Block("7.3 X", "console", text, ("p.md", 10))

    assert list(block.commands()) == [
        Command("server1", False, "cat > x <<'E'\na\n\nb\n", (), "p.md:11"),
        Command("server2", True, "y\n", ("z", "..."), "p.md:15"),
    ]


@pytest.mark.parametrize("first", ["mc_ctl status", "server3$ mc_ctl status", "$ ls"])
def test_a_block_without_a_prompt_is_refused(first: str) -> None:
    with pytest.raises(ValueError, match="no prompt"):
        list(Block("7.3 X", "console", (first,), ("p.md", 1)).commands())


@pytest.mark.parametrize(
    ("wanted", "said", "agrees"),
    [
        (("a  b",), "x\na b\ny", True),
        (("a", "b"), "b\na", False),
        (("a", "...", "b"), "a\nx\nb", True),
        (("a ... c",), "a b c", True),
        (("a",), "a b", False),
        (("a.c",), "abc", False),
        (("-----",), "----------", True),
        (("a", "a"), "a", False),
    ],
)
def test_what_must_be_seen(wanted: tuple[str, ...], said: str, agrees: bool) -> None:
    assert agree(wanted, said) == agrees


PAGE = """# A page

## 2.3.1 Here

**No test runs this: it needs a network.**

```console
node1# make install
```

It needs:

    ```console
    node1$ true
    ```
"""


def test_what_no_test_runs_is_told_with_its_reason(tmp_path: Path) -> None:
    page = tmp_path / "p.md"
    page.write_text(PAGE)

    assert [block.why for block in blocks(page)] == ["it needs a network", ""]
    assert [block.numbered for block in blocks(page)] == [True, True]
    assert [each.text for each in typed([page])["2.3.1 Here"]] == ["true\n"]


def test_what_is_not_run_is_left() -> None:
    step = Command("node1", True, "true\n", (), "p.md:1")
    done: list[Command] = []
    steps = Steps([step, step], done.append)

    steps.run(1)

    assert done == [step]
    with pytest.raises(AssertionError, match="not run"):
        steps.ended()
    steps.run()
    steps.ended()
