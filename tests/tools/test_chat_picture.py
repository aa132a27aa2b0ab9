"""The picture of chat messages."""

from __future__ import annotations

from xml.etree import ElementTree

from tools.chat_picture import draw

_SVG = "{http://www.w3.org/2000/svg}"


def texts(picture: str) -> list[str]:
    return [
        "".join(text.itertext()) for text in ElementTree.fromstring(picture).iter(f"{_SVG}text")
    ]


def test_every_line_of_every_message_is_drawn_as_it_is() -> None:
    picture = draw("jobs", ["a: 1 failed\n✗ #1: <b>&", "b: 1 succeeded"])
    assert texts(picture) == [
        *("J", "jobsBOT", "a: 1 failed", "✗ #1: <b>&"),
        *("J", "jobsBOT", "b: 1 succeeded"),
    ]


def test_a_long_line_is_folded_and_makes_the_picture_higher() -> None:
    words = " ".join(["word"] * 40)
    short, long = draw("jobs", ["word"]), draw("jobs", [words])
    _, _, *lines = texts(long)
    assert (len(lines), " ".join(lines)) == (3, words)
    heights = [int(ElementTree.fromstring(it).attrib["viewBox"].split()[3]) for it in (short, long)]
    assert heights[1] > heights[0]


def test_no_line_lies_below_the_picture() -> None:
    root = ElementTree.fromstring(draw("jobs", ["a", "b\nc\nd"]))
    bottom = int(root.attrib["viewBox"].split()[3])
    assert all(int(text.attrib["y"]) < bottom for text in root.iter(f"{_SVG}text"))
