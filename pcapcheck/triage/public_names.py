"""Names of hosts on the internet, as tcpdump prints them without -n: nobody's pod or service has one of these."""

from __future__ import annotations

# Whose machines people ask to see whether they are online, and where images, packages and answers of DNS come from.
_OWNERS = (
    *("1e100.net", "google", "google.com", "googleusercontent.com", "googleapis.com", "gstatic.com", "gcr.io"),
    *("amazonaws.com", "cloudfront.net", "awsglobalaccelerator.com", "azure.com", "microsoft.com", "azureedge.net"),
    *("akamaitechnologies.com", "akamai.net", "fastly.net", "cloudflare.com", "one.one.one.one", "cloudflare.net"),
    *("opendns.com", "quad9.net", "github.com", "github.io", "docker.com", "docker.io", "quay.io", "k8s.io"),
    *("debian.org", "ubuntu.com", "canonical.com", "fedoraproject.org", "centos.org", "alpinelinux.org", "kernel.org"),
    *("baidu.com", "aliyun.com", "aliyuncs.com", "qq.com", "dnspod.cn", "163.com", "ovh.net", "yahoo.com"),
)


def is_on_the_internet(name: str) -> bool:
    """Whether a name is that of a host of one of these owners."""
    plain = name.lower().rstrip(".")
    return any(plain == owner or plain.endswith(f".{owner}") for owner in _OWNERS)
