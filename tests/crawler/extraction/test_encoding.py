from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.crawler.extraction.encoding import decode, is_utf8

RUSSIAN = "Часы без стрелок появились на рынке"


def test_a_byte_order_mark_beats_every_label() -> None:
    body = "\ufeffÆ".encode("utf-16-le")
    assert decode(body, "text/html; charset=iso-8859-1") == ("Æ", "utf-16-le")


def test_valid_utf_8_beats_a_label_that_says_otherwise() -> None:
    body = f"<meta charset=windows-1252>{RUSSIAN}".encode()
    text, encoding = decode(body, "text/html; charset=iso-8859-1")
    assert encoding == "utf-8"
    assert RUSSIAN in text


def test_a_body_cut_off_inside_a_character_is_still_utf_8() -> None:
    text, encoding = decode(RUSSIAN.encode()[:-1], None)
    assert encoding == "utf-8"
    assert text == RUSSIAN[:-1]


def test_the_header_beats_the_markup() -> None:
    body = b"<meta charset=windows-1252>" + RUSSIAN.encode("koi8-r")
    assert RUSSIAN in decode(body, 'text/html; charset="KOI8-R"')[0]


@pytest.mark.parametrize(
    "markup",
    [
        b"<meta charset='windows-1251'>",
        b'<META http-equiv="Content-Type" content="text/html; charset=windows-1251">',
        b'<?xml version="1.0" encoding="windows-1251"?>',
    ],
)
def test_the_markup_says_the_encoding_when_the_header_does_not(markup: bytes) -> None:
    assert RUSSIAN in decode(markup + RUSSIAN.encode("cp1251"), "text/html")[0]


def test_a_header_in_which_the_bytes_do_not_decode_gives_way_to_the_markup() -> None:
    body = b"<meta charset=shift_jis>" + "灯台の猫".encode("cp932")
    assert "灯台の猫" in decode(body, "text/html; charset=utf-8")[0]


def test_a_single_bad_byte_does_not_unseat_the_stated_encoding() -> None:
    body = RUSSIAN.encode() * 20 + b"\xff" + RUSSIAN.encode() * 20
    text, encoding = decode(body, "text/html; charset=utf-8")
    assert encoding == "utf-8"
    assert text.count("\ufffd") == 1


def test_iso_8859_1_is_read_as_windows_1252_as_browsers_do() -> None:
    assert decode(b"\x93quoted\x94", "text/html; charset=iso-8859-1")[0] == "“quoted”"


def test_a_utf_16_label_in_markup_read_as_ascii_is_not_believed() -> None:
    assert decode(b"<meta charset=utf-16>plain", None)[0] == "<meta charset=utf-16>plain"


@pytest.mark.parametrize("label", ["rot13", "base64", "no-such-charset", "hex", "idna\x00"])
def test_a_label_that_names_no_text_encoding_is_ignored(label: str) -> None:
    assert decode(b"caf\xe9", f"text/html; charset={label}") == ("café", "windows-1252")


@given(st.binary(max_size=400), st.none() | st.text(max_size=40))
def test_any_bytes_decode(body: bytes, content_type: str | None) -> None:
    text, encoding = decode(body, content_type)
    assert isinstance(text, str)
    assert encoding


_BYTES = st.binary(max_size=40) | st.text(max_size=40).map(str.encode) | st.text("aé語\ufffd\ufeff").map(str.encode)


@given(
    _BYTES, st.sampled_from([b"", b"\xc3", b"\xe8\xaa", b"<p>"]), st.sampled_from([None, "utf-8", "cp1252", "utf-7"])
)
def test_bytes_said_to_be_utf_8_are_what_their_text_is_in_utf_8(body: bytes, end: bytes, label: str | None) -> None:
    text, encoding = decode(body + end, label and f"text/html; charset={label}")
    if is_utf8(body + end, text, encoding):
        assert text.encode() == body + end


@pytest.mark.parametrize("body", [RUSSIAN.encode() + b".", b"<p>Lamps</p>", b""])
def test_the_bytes_of_most_pages_need_not_be_made_anew(body: bytes) -> None:
    assert is_utf8(body, *decode(body, None))


@given(st.text(max_size=200), st.sampled_from(["utf-8", "utf-16-le", "utf-16-be", "cp1251", "koi8-r", "gb18030"]))
def test_what_is_labelled_rightly_comes_back(text: str, encoding: str) -> None:
    try:
        body = text.encode(encoding)
    except UnicodeEncodeError:
        body, text = b"", ""
    if encoding.startswith("utf-16"):
        body = ("\ufeff" + text).encode(encoding)
    if not body.startswith((b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf")) and _is_multibyte_utf_8(body):
        return  # Bytes that are valid UTF-8 as well are read as UTF-8: the rule's second step.
    if not body.startswith((b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf")):
        assert decode(body, f"text/html; charset={encoding}")[0] == text


def _is_multibyte_utf_8(body: bytes) -> bool:
    return decode(body, None)[1] == "utf-8"


@pytest.mark.parametrize(
    ("label", "encoding"),
    [
        ("unicode-1-1-utf-8", "utf-8"),
        ("x-cp1251", "cp1251"),
        ("latin1", "cp1252"),
        ("ISO_8859-1:1987", "cp1252"),
        ("latin5", "cp1254"),
        ("iso88592", "iso8859-2"),
        ("iso-8859-8-i", "iso8859-8"),
        ("koi8-ru", "koi8-u"),
        ("tis-620", "cp874"),
        ("csGB2312", "gb18030"),
        ("chinese", "gb18030"),
        ("csBig5", "big5hkscs"),
        ("x-euc-jp", "euc_jp"),
        ("csShiftJIS", "cp932"),
        ("ks_c_5601-1987", "cp949"),
        ("windows-949", "cp949"),
    ],
)
def test_labels_mean_what_the_encoding_standard_says(label: str, encoding: str) -> None:
    assert decode(b"<p>plain</p>", f"text/html; charset={label}")[1] == encoding


@pytest.mark.parametrize(
    ("language", "encoding", "text"),
    [
        ("ru", "cp1251", "Фонари верхнего города"),
        ("ja", "euc_jp", "灯台の猫"),
        ("ja-JP", "cp932", "灯台の猫、三代目が着任"),
        ("zh-TW", "big5hkscs", "路燈"),
        ("el", "cp1253", "Τα φανάρια της πόλης"),
        ("pl", "iso8859-2", "Latarnie górnego miasta są liczone"),
    ],
)
def test_without_a_label_the_language_says_the_encoding(language: str, encoding: str, text: str) -> None:
    body = f'<html lang="{language}"><body><p>{text}</p>'.encode(encoding)
    assert decode(body, "text/html") == (f'<html lang="{language}"><body><p>{text}</p>', encoding)


def test_a_language_in_whose_encoding_the_bytes_do_not_decode_says_nothing() -> None:
    assert decode(b'<html lang="ja"><p>caf\xe9 \xff</p>', None)[1] == "windows-1252"
