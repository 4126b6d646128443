#include "policy/source/limits/siphash.h"

#include "tests/support/catch.h"

using namespace relay;

TEST_CASE("sums are those of the paper's test vectors") {
    const SipKey key{0x0706050403020100U, 0x0f0e0d0c0b0a0908U};
    std::string text;
    for (char c = 0; c < 15; ++c) text.push_back(c);
    CHECK(siphash(key, text) == 0xa129ca6149be45e5U);
    CHECK(siphash(key, "") == 0x726fdb47dd0e0e31U);
    CHECK(siphash(key, text.substr(0, 8)) == 0x93f5f5799a932462U);
}

TEST_CASE("two processes have different keys") {
    CHECK(random_sip_key() != random_sip_key());
}
