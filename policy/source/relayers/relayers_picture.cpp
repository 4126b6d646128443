#include "policy/source/relayers/relayers_picture.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "policy/network.h"
#include "policy/source/database/hash_file.h"
#include "policy/source/files/escaped.h"
#include "policy/source/logins/newest_record.h"
#include "policy/source/relayers/relayers_keys.h"

namespace relay {
namespace {

// The number of an entry: its kind in the two lowest bits, then whether its key is one of relayers_keys(), then the
// seconds, or where in the page's texts its text begins (its length in 4 bytes first).
enum class Stored : std::uint64_t { seconds = 0, record = 1, unreadable = 2 };  // unreadable: "KEY\0DATA"
constexpr std::uint64_t kOtherSpelling = 4;
constexpr int kValueShift = 3;
constexpr std::size_t kShownData = 64;

Stored kind_of(std::uint64_t number) { return Stored{number & 3}; }

std::array<std::uint8_t, 4> quad_of(const Address& address) {
    std::array<std::uint8_t, 4> quad;
    std::copy_n(address.bytes().begin() + 12, quad.size(), quad.begin());
    return quad;
}

std::string_view text_at(const std::string& texts, std::uint64_t number) {
    const auto at = static_cast<std::size_t>(number >> kValueShift);
    std::uint32_t size = 0;
    std::memcpy(&size, texts.data() + at, sizeof size);
    return std::string_view{texts}.substr(at + sizeof size, size);
}

/// Which of relayers_keys(client) `key` is; nothing when it is none of them.
std::optional<std::size_t> spelling_of(const Address& client, std::string_view key) {
    const std::string_view plain = without_nul(key);
    if (plain.size() == key.size() && client.text() == key) return 0;
    const auto keys = relayers_keys(client);
    const std::size_t with_nul = plain.size() == key.size() ? 0 : keys.size() / 2;
    if (plain == keys.front()) return with_nul;
    const auto found = std::find(keys.begin(), keys.end(), plain);
    if (found == keys.end()) return std::nullopt;
    return static_cast<std::size_t>(found - keys.begin()) + with_nul;
}

class Answering {
public:
    explicit Answering(const PopSettings& settings) : settings_{settings} {}

    void take(const std::string& texts, std::uint64_t number) {
        switch (kind_of(number)) {
            case Stored::seconds: {
                const auto at = std::chrono::seconds{static_cast<std::int64_t>(number >> kValueShift)};
                return newest_.take({settings_.layout, std::chrono::sys_seconds{at}, {}});
            }
            case Stored::record:
                return newest_.take(decode_login_record(text_at(texts, number), settings_.layout).value());
            case Stored::unreadable: return fail(text_at(texts, number));
        }
    }
    [[nodiscard]] Lookup<LoginRecord> answer() const {
        if (!why_.empty()) return Failed{why_};
        return newest_.answer();
    }

private:
    void fail(std::string_view text) {
        const std::size_t end = text.find('\0');
        if (why_.empty()) why_ = unreadable_record(settings_.database, text.substr(0, end), text.substr(end + 1));
    }

    const PopSettings& settings_;
    NewestRecord newest_;
    std::string why_;
};

}  // namespace

std::string unreadable_record(const std::string& path, std::string_view key, std::string_view data) {
    return escaped(path) + ": read " + escaped(without_nul(key)) + ": not what this layout holds: '"
           + escaped(data.substr(0, kShownData)) + "'";
}

void PageBuilder::take(std::string_view key, std::string_view data) {
    const auto client = address_of_key(key);
    if (!client) return;
    std::uint64_t number = store(key, data);
    std::uint32_t& spellings = client->is_v4() ? spellings_.v4 : spellings_.v6;
    if (const auto spelling = spelling_of(*client, key)) spellings |= std::uint32_t{1} << *spelling;
    else number |= kOtherSpelling;
    if (client->is_v4()) v4_.emplace_back(quad_of(*client), number);
    else v6_.emplace_back(client->bytes(), number);
}

std::uint64_t PageBuilder::store(std::string_view key, std::string_view data) {
    const auto record = decode_login_record(data, layout_);
    if (record && record->logins.empty()) return static_cast<std::uint64_t>(record->at.time_since_epoch().count()) << kValueShift;
    const std::uint64_t at = texts_.size();
    std::string unreadable;
    if (!record) unreadable.append(without_nul(key)).append(1, '\0').append(data.substr(0, kShownData));
    const std::string_view text = record ? data : std::string_view{unreadable};
    const auto size = std::bit_cast<std::array<char, 4>>(static_cast<std::uint32_t>(text.size()));
    texts_.append(size.data(), size.size()).append(text);
    return at << kValueShift | static_cast<std::uint64_t>(record ? Stored::record : Stored::unreadable);
}

PageEntries PageBuilder::page(std::uint32_t next) {
    PageEntries page{v4_, v6_, texts_, next};
    v4_.clear();
    v6_.clear();
    texts_.clear();
    return page;
}

void RelayersPicture::add(PageEntries page) {
    v4_.add(page.v4);
    v6_.add(page.v6);
    next_.push_back(page.next);
    texts_.push_back(std::move(page.texts));
}

void RelayersPicture::settle() {
    v4_.settle();
    v6_.settle();
}

bool RelayersPicture::replace(std::size_t number, PageEntries& page) noexcept {
    if (!v4_.replace(number, page.v4) || !v6_.replace(number, page.v6)) return false;
    next_[number] = page.next;
    texts_[number].swap(page.texts);
    return true;
}

void RelayersPicture::note(const Spellings& spellings) noexcept {
    spellings_.v4 |= spellings.v4;
    spellings_.v6 |= spellings.v6;
}

bool apply(PictureChange& change, RelayersPicture& picture) noexcept {
    if (change.whole) return std::swap(picture, *change.whole), true;
    picture.note(change.spellings);
    return std::ranges::all_of(change.changed, [&](auto& page) { return picture.replace(page.first, page.second); });
}

RelayersPicture::Client::Client(const Address& client) : address{client}, hash{database_hash(relayers_key(client))} {}

template <class UsePage>
void RelayersPicture::each_page_of_hash(std::uint32_t hash, UsePage use) const {
    std::uint32_t page = buckets_->page_of_bucket(bucket_of_hash(*buckets_, hash));
    for (; page != 0; page = next_[page]) use(page);
}

/// Calls `use` with each page of the buckets that the spellings of `client` belong to.
template <class UsePage>
void RelayersPicture::each_page_of(const Client& client, UsePage use) const {
    const std::uint32_t spellings = client.address.is_v4() ? spellings_.v4 : spellings_.v6;
    if (!buckets_) return use(std::size_t{0});
    if (spellings & 1) each_page_of_hash(client.hash, use);
    if (spellings <= 1) return;
    const auto keys = relayers_keys(client.address);
    for (std::size_t i = 1; i < keys.size(); ++i)
        if (spellings >> i & 1) each_page_of_hash(database_hash(keys[i]), use);
}

void RelayersPicture::prefetch(const Client& client) const {
    if (!buckets_) return;
    const std::size_t page = buckets_->page_of_bucket(bucket_of_hash(*buckets_, client.hash));
    __builtin_prefetch(&next_[page]);
    client.address.is_v4() ? v4_.of(page).prefetch(quad_of(client.address)) : v6_.of(page).prefetch(client.address.bytes());
}

Lookup<LoginRecord> RelayersPicture::find(const Client& client, const PopSettings& settings) const {
    const Address& address = client.address;
    if (!address.is_v4() && settings.prefix6 < 128) return find_in_network(address, settings);
    Answering answering{settings};
    each_page_of(client, [&](std::size_t page) {
        const auto take = [&](std::uint64_t number) {
            if ((number & kOtherSpelling) == 0) answering.take(texts_[page], number);
        };
        address.is_v4() ? v4_.of(page).each_of(quad_of(address), take) : v6_.of(page).each_of(address.bytes(), take);
    });
    return answering.answer();
}

Lookup<LoginRecord> RelayersPicture::find_in_network(const Address& client, const PopSettings& settings) const {
    const Network network = Network::around(client, settings.prefix6);
    Answering answering{settings};
    for (std::size_t page = 0; page < pages(); ++page)
        v6_.of(page).each([&](const std::array<std::uint8_t, 16>& bytes, std::uint64_t number) {
            if (network.contains(Address::v6(bytes))) answering.take(texts_[page], number);
        });
    return answering.answer();
}

}  // namespace relay
