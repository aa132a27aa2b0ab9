"""The picture of chat messages."""

from __future__ import annotations

from xml.etree import ElementTree

from tools.chat_picture import Message, draw

_SVG = "{http://www.w3.org/2000/svg}"


def channel(*messages: str) -> str:
    return draw("jobs", [Message(text=text) for text in messages])


def texts(picture: str) -> list[str]:
    return [
        "".join(text.itertext()) for text in ElementTree.fromstring(picture).iter(f"{_SVG}text")
    ]


def test_every_line_of_every_message_is_drawn_as_it_is() -> None:
    picture = channel("a: 1 failed\n✗ #1: <b>&", "b: 1 succeeded")
    assert texts(picture) == [
        *("J", "jobsBOT", "a: 1 failed", "✗ #1: <b>&"),
        *("J", "jobsBOT", "b: 1 succeeded"),
    ]


def test_a_long_line_is_folded_and_makes_the_picture_higher() -> None:
    words = " ".join(["word"] * 40)
    short, long = channel("word"), channel(words)
    _, _, *lines = texts(long)
    assert (len(lines), " ".join(lines)) == (3, words)
    heights = [int(ElementTree.fromstring(it).attrib["viewBox"].split()[3]) for it in (short, long)]
    assert heights[1] > heights[0]


def test_no_line_lies_below_the_picture() -> None:
    root = ElementTree.fromstring(channel("a", "b\nc\nd"))
    bottom = int(root.attrib["viewBox"].split()[3])
    assert all(int(text.attrib["y"]) < bottom for text in root.iter(f"{_SVG}text"))


def test_code_links_and_tables_are_drawn_as_services_show_them() -> None:
    text = "`a <b>` (#1)\n```\nx   1\ny  22\n```\n[Log](<https://example.org>) of it"
    picture = draw("jobs", [Message(text=text, title="✗ s", color="#ff0000", above="@here")])

    assert texts(picture)[2:] == ["@here", "✗ s", "a <b> (#1)", "x   1", "y  22", "Log of it"]
    assert 'fill="#ff0000"' in picture
    assert "example.org" not in picture
