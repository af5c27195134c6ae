from __future__ import annotations

import pytest

from broadsheet.crawler.wire.addresses import is_public


@pytest.mark.parametrize(
    "ip",
    ["1.1.1.1", "8.8.8.8", "172.32.0.1", "192.169.0.1", "223.255.255.254", "2606:4700::1111", "2a00:1450::1"],
)
def test_an_address_on_the_internet_is_public(ip: str) -> None:
    assert is_public(ip)


@pytest.mark.parametrize(
    "ip",
    [
        "0.0.0.0",
        "10.1.2.3",
        "100.64.0.1",
        "127.0.0.1",
        "127.255.0.2",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.1",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.0.1",
        "198.18.0.1",
        "198.51.100.1",
        "203.0.113.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "100::1",
        "2001::1",
        "2001:db8::1",
        "2001:db8::5efe:8.8.8.8",
        "fe80::5efe:8.8.8.8",
        "2002:808:808::5efe:10.0.0.1",
        "3fff::1",
        "5f00::1",
        "fc00::1",
        "fd12:3456::1",
        "fe80::1",
        "fe80::1%eth0",
        "fec0::1",
        "ff02::1",
    ],
)
def test_an_address_for_special_purposes_is_not_public(ip: str) -> None:
    assert not is_public(ip)


@pytest.mark.parametrize(
    "form",
    ["::ffff:{0}", "64:ff9b::{0}", "2002:{1}::", "2002:{1}:0:1::1", "2a00:1450::5efe:{0}"],
    ids=["mapped", "NAT64", "6to4", "6to4 host", "ISATAP"],
)
@pytest.mark.parametrize(
    ("ip", "hexadecimal", "public"),
    [
        ("127.0.0.1", "7f00:1", False),
        ("169.254.169.254", "a9fe:a9fe", False),
        ("10.0.0.1", "a00:1", False),
        ("8.8.8.8", "808:808", True),
    ],
)
def test_an_embedded_address_decides(form: str, ip: str, hexadecimal: str, public: bool) -> None:  # noqa: FBT001 - a parameter
    assert is_public(form.format(ip, hexadecimal)) == public


def test_an_address_in_the_deprecated_compatible_form_is_not_public() -> None:
    assert not is_public("::8.8.8.8")


@pytest.mark.parametrize("text", ["", "localhost", "0x7f000001", "2130706433", "127.1", "1.1.1.1/32"])
def test_what_is_no_numeric_address_is_not_public(text: str) -> None:
    assert not is_public(text)
