// Addresses and networks as sendmail, databases and configurations write them.
#include "policy/network.h"
#include "policy/source/relayers/relayers_keys.h"
#include "tests/fuzz/fuzz.h"

using namespace relay;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const auto text = fuzz::text_of(bytes, size);
    if (const auto address = Address::parse(text)) {
        fuzz::expect(address->text().size() <= Address::kMaxText, "a text is no longer than the longest");
        fuzz::expect(Address::parse(address->text()) == address, "RFC 5952 text is the same address");
        fuzz::expect(Address::parse(address->uncompressed_text()) == address, "so is the uncompressed one");
        for (const auto& key : relayers_keys(*address))
            fuzz::expect(address_of_key(key) == address, "every key of an address is that address");
        fuzz::expect(Network::around(*address, 64).contains(*address), "a network around an address holds it");
    }
    if (const auto network = Network::parse(text)) {
        fuzz::expect(Network::parse(network->text()) == network, "a network's text is the same network");
        fuzz::expect(network->contains(network->base()), "a network holds its base");
    }
    return 0;
}
