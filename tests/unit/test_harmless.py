"""Texts of task code in chat: one line, bounded, no mention, no markup that hides others."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from task_scheduler.notifications.harmless import harmless, harmless_lines

SPACE = "\u200b"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("12 rows, 3 % <class 'x'> a|b `c` ~5 [x] (y)", None),
        ("ada@example.org, x_y@my-host.co.uk", None),
        ("SELECT * FROM t WHERE a <> b -- #1", None),
        ("@everyone @HERE x@Everyone", f"@{SPACE}everyone @{SPACE}HERE x@{SPACE}Everyone"),
        ("@Channel @all @Room", f"@{SPACE}Channel @{SPACE}all @{SPACE}Room"),
        ("@ada .@ada @**all**", f"@{SPACE}ada .@{SPACE}ada @{SPACE}**all**"),
        ("ada@room", f"ada@{SPACE}room"),
        ("<@1> <!here>", f"<{SPACE}@{SPACE}1> <{SPACE}!here>"),
        ("<users/all> <at>x</at>", f"<{SPACE}users/all> <{SPACE}at>x<{SPACE}/at>"),
        ("||x|| ~~y~~", f"|{SPACE}|x|{SPACE}| ~{SPACE}~y~{SPACE}~"),
        ("```", f"`{SPACE}`{SPACE}`"),
        ("[a](http://b)", f"[a]{SPACE}(http://b)"),
        ("a\n✗ #1 forged\r\n\tb\u2028c\x85d", "a ✗ #1 forged b c d"),
        ("a\x1b[2J\x00b\u202ec", "a\ufffd[2J\ufffdb\ufffdc"),
        ("cut \ud83d", "cut \\ud83d"),
        ("", ""),
    ],
)
def test_a_text_keeps_its_words_and_loses_its_effects(text: str, shown: str | None) -> None:
    assert harmless(text, 100) == (text if shown is None else shown)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("x" * 10, "x" * 10),
        ("x" * 11, "x" * 10 + "... (1 more characters)"),
        ("x" * 3_000, "x" * 10 + "... (2990 more characters)"),
        (" " * 3_000, "... (2900 more characters)"),
        ("x" * 9 + "@@", "x" * 9 + "@\u200b... (1 more characters)"),
        ("a" + "\n" * 50 + "b", "a b"),
    ],
)
def test_a_text_is_cut_at_its_limit(text: str, shown: str) -> None:
    assert harmless(text, 10) == shown


@given(
    st.lists(
        st.sampled_from(["@", "<", "!", "everyone", "here", "all", "room", "ada", "&1", "1", "|",
                         "`", "~", ".", "x", "\n", " ", "\u2028", "\x00", "at>", "users/", "]("]),
        max_size=40,
    ).map("".join) | st.text(max_size=100),
    st.integers(1, 60),
)  # fmt: skip
def test_whatever_the_text_nothing_in_it_has_an_effect(text: str, limit: int) -> None:
    line = harmless(text, limit)

    assert len(line) <= 2 * limit + 40
    assert not re.search(r"@(everyone|here)", line, re.IGNORECASE)
    assert not re.search(r"(^|[\s<.])@[^\s\u200b]|<[!@]|\|\||``|~~|\]\(", line)
    assert not any(unicodedata.category(character) in ("Cc", "Zl", "Zp") for character in line)
    line.encode()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a   b\n  c\td  \n", ["a   b", "  c     d"]),
        ("@everyone\n<@1> ```\n", [f"@{SPACE}everyone", f"<{SPACE}@{SPACE}1> `{SPACE}`{SPACE}`"]),
        ("a\x1b\u2028b\u202e\r\n\x00", ["a\ufffd", "b\ufffd", "\ufffd"]),
        ("one", ["one"]),
        ("x" * 18 + "\n" + "y" * 20, ["x" * 18, "y" * 20]),
        ("1\n2\n3\n4\n5", ["1", "2", "3", "... (2 more lines)"]),
        ("x" * 30 + "\n" + "y" * 30, ["x" * 30, "... (1 more lines)"]),
        ("x" * 90 + "\ny", ["x" * 40 + "... (52 more characters)"]),
        ("\r\n  Xa\nb\n \n", ["  Xa", "b"]),
        ("Xa\nb", ["Xa", "b"]),
        ("x" * 39 + "\ny", ["x" * 39, "... (1 more lines)"]),
        ("x" * 37 + "\t \ny", ["x" * 37, "y"]),
        ("x" * 39 + "  y\nz", ["x" * 39 + " ... (3 more characters)"]),
        ("", [""]),
    ],
)
def test_lines_keep_their_columns_and_lose_their_effects(text: str, shown: list[str]) -> None:
    assert harmless_lines(text, 40, 3) == shown
