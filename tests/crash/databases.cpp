#include "tests/crash/databases.h"

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <vector>

#include "policy/address.h"

namespace relay::crash {
namespace {

constexpr Shape kTwoBuckets{1000, 2000};
constexpr std::uint64_t kOldest = 1'000'000'000;

std::string seconds(Random& random) {
    return std::to_string(kOldest + random() % 500'000'000);
}

template <class Bytes>
Bytes random_bytes(Random& random) {
    Bytes bytes{};
    for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random());
    return bytes;
}

}  // namespace

Entry v4(Random& random) {
    auto bytes = random_bytes<std::array<std::uint8_t, 4>>(random);
    bytes[0] = 10;
    return {Address::v4(bytes).text(), seconds(random)};
}

Entry v6(Random& random) {
    std::string text = "2001:db8";
    static constexpr char kDigits[] = "123456789abcdef";
    for (int group = 0; group < 6; ++group) {
        text.push_back(':');
        for (int digit = 0; digit < 4; ++digit) text.push_back(kDigits[random() % 15]);
    }
    return {text, seconds(random)};
}

Entry any(Random& random) {
    return random() % 2 == 0 ? v4(random) : v6(random);
}

Entry with_logins(Random& random) {
    Entry entry = any(random);
    std::uint64_t at = kOldest + random() % 500'000'000;
    entry.second.clear();
    for (std::uint64_t logins = 1 + random() % 16; logins != 0; --logins) {
        if (!entry.second.empty()) entry.second.push_back(' ');
        entry.second += std::to_string(at) + " user" + std::to_string(random() % 100'000) + "@customer.example";
        at -= 1 + random() % 1000;
    }
    return entry;
}

Entries some(const Maker& make, Random& random, std::size_t count) {
    Entries entries;
    while (entries.size() < count) entries.insert(make(random));
    return entries;
}

Entries relogin(Random& random, const Entries& entries, std::size_t count) {
    Entries chosen;
    for (const auto& [address, datum] : entries)
        if (chosen.size() < count)
            chosen[address] = "1600000000 user" + std::to_string(random() % 100) + "@customer.example";
    return chosen;
}

Entries make_nearly_full(const std::string& path, Random& random, const Maker& make) {
    std::vector<Entry> order;
    put_entries(path, {}, kTwoBuckets);
    for (const auto size = std::filesystem::file_size(path); std::filesystem::file_size(path) == size;) {
        order.push_back(make(random));
        put_entries(path, {order.back()});
    }
    std::filesystem::remove(path);
    const std::size_t spare = std::min<std::size_t>(1 + random() % 4, order.size());
    const Entry last = order[order.size() - 1 - random() % spare];
    order.resize(order.size() - spare);
    put_entries(path, Entries{order.begin(), order.end()}, kTwoBuckets);
    return {last};
}

void spoil_a_page(const std::string& path, Random& random) {
    std::fstream file{path, std::ios::in | std::ios::out | std::ios::binary};
    const std::uint64_t pages = std::filesystem::file_size(path) / 4096;
    for (int tries = 0; tries < 1000; ++tries) {
        const auto at = static_cast<std::streamoff>(4096 * (1 + random() % (pages - 1)));
        char type = 0;
        file.seekg(at + 25).get(type);
        if (type == 0) continue;  // An empty bucket.
        file.seekp(at + 20) << std::string(64, '\xff');
        if (file.flush()) return;
    }
    throw std::runtime_error{path + ": no page to spoil"};
}

void write_makemap_text(const std::string& path, const Entries& entries) {
    std::ofstream file{path};
    for (const auto& [key, datum] : entries) file << key << '\t' << datum << '\n';
    if (!file.flush()) throw std::runtime_error{path + ": cannot be written"};
}

}  // namespace relay::crash
