#ifndef KOLLECT_CONFORMANCE_SDK_MANIFEST_CERTIFICATE_HPP
#define KOLLECT_CONFORMANCE_SDK_MANIFEST_CERTIFICATE_HPP

#include <string_view>

namespace kollect::test {

/// A self-signed certificate whose private key nobody has.
inline constexpr std::string_view certificate =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBojCCAUmgAwIBAgIUASsClPQFGf7UWWDML/B98i1UqgYwCgYIKoZIzj0EAwIw\n"
    "JjEkMCIGA1UEAwwbZXhhbXBsZSBDQSwga2V5IHRocm93biBhd2F5MCAXDTI2MTEy\n"
    "MzAxMTExN1oYDzIxMjYxMDMwMDExMTE3WjAmMSQwIgYDVQQDDBtleGFtcGxlIENB\n"
    "LCBrZXkgdGhyb3duIGF3YXkwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAARZNCcJ\n"
    "tt0VOe2qsJff8V4G5/+vuDCGhtFFSEZEkMbBO435iTxHHRMEx+oC79IJ3bXQi9sY\n"
    "2tAxmRGQPD7mVPFlo1MwUTAdBgNVHQ4EFgQUKT1wWBW7j7KDUciDNUmFsxPfdCIw\n"
    "HwYDVR0jBBgwFoAUKT1wWBW7j7KDUciDNUmFsxPfdCIwDwYDVR0TAQH/BAUwAwEB\n"
    "/zAKBggqhkjOPQQDAgNHADBEAiBaCyXXFUlozm7WWvfGbpdv5/GwbecK789bPgsB\n"
    "j9YIXAIgNy4Wlk0+GL2LBtmibD+Y0zpqljLNFzcVdLPJZ1UHK28=\n"
    "-----END CERTIFICATE-----\n";

} // namespace kollect::test

#endif
