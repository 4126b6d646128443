#include "policy/network.h"
#include "tests/property/generators.h"
#include "tests/property/property.h"

using namespace relay;
using property::holds;

TEST_CASE("an address survives every one of its spellings") {
    holds("parse(text) and parse(uncompressed_text) give the address back, with and without prefix", [] {
        const Address address = *property::address();
        RC_ASSERT(Address::parse(address.text()) == address);
        RC_ASSERT(Address::parse(address.uncompressed_text()) == address);
        RC_ASSERT(address.text().size() <= Address::kMaxText);
        if (!address.is_v4()) RC_ASSERT(Address::parse("IPv6:" + address.text()) == address);
        RC_ASSERT(Address::v6(address.bytes()) == address);
    });
}

TEST_CASE("arbitrary text is no address, or one that survives its text") {
    holds("parse never crashes, and what it takes it can print", [] {
        const std::string text = *rc::gen::oneOf(property::bytes(50), property::text_of("0123456789abcdefABCDEF:::...", 30));
        if (const auto address = Address::parse(text)) RC_ASSERT(Address::parse(address->text()) == address);
    });
}

TEST_CASE("a network holds exactly the addresses that share its bits") {
    holds("contains() agrees with comparing networks around both", [] {
        const Address a = *property::address();
        const Address b = *property::address();
        const unsigned most = a.is_v4() ? 32 : 128;
        const unsigned bits = *rc::gen::inRange(0U, most + 1);
        const Network network = Network::around(a, bits);
        RC_ASSERT(network.contains(a));
        RC_ASSERT(network.contains(b) == (a.is_v4() == b.is_v4() && Network::around(b, bits) == network));
        RC_ASSERT(Network::parse(network.text()) == network);
    });
    holds("the address with the first bit behind the network flipped is inside, with its last bit flipped is outside", [] {
        const Address a = *property::address();
        const unsigned offset = a.is_v4() ? 96 : 0;
        const unsigned bits = *rc::gen::inRange(1U, 128 - offset);
        const auto flipped = [&a, offset](unsigned bit) {
            auto bytes = a.bytes();
            const unsigned at = offset + bit;
            bytes[at / 8] = static_cast<std::uint8_t>(bytes[at / 8] ^ (0x80U >> (at % 8)));
            return Address::v6(bytes);
        };
        const Network network = Network::around(a, bits);
        RC_ASSERT(!network.contains(flipped(bits - 1)));
        if (flipped(bits).is_v4() == a.is_v4()) RC_ASSERT(network.contains(flipped(bits)));
    });
}
