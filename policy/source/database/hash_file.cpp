#include "policy/source/database/hash_file.h"

#include <string>

namespace relay {
namespace {

using namespace std::string_view_literals;

constexpr std::size_t kMaxItem = std::size_t{1} << 20;
constexpr auto kCharkey = "%$sniglet^&\0"sv;  // CHARKEY in libdb's hash.h, with its NUL.
constexpr std::size_t kNextPage = 16;

/// Nothing was ever written to this bucket.
bool is_hole(Bytes page) {
    if (PageType{u8(page, 25)} != PageType::invalid) return false;
    require(u16(page, 20) == 0 && u32(page, kNextPage) == 0, "an unused page has items");
    return true;
}

void require_in_chain(Bytes page, std::uint32_t number, std::uint32_t previous) {
    const PageType type{u8(page, 25)};
    require(type == PageType::hash || type == PageType::hash_unsorted, "the links between its pages are damaged");
    require(u32(page, 8) == number, "a page is not in its place");
    require(u32(page, 12) == previous, "the links between its pages are damaged");
}

}  // namespace

std::uint32_t database_hash(std::string_view key) {
    std::uint32_t hash = 0;
    for (const char c : key) {
        hash *= 16777619;
        hash ^= static_cast<unsigned char>(c);
    }
    return hash;
}

bool uses_database_hash(const MetaPage& meta) {
    return meta.hash && meta.hash_of_charkey == database_hash(kCharkey);
}

std::uint32_t bucket_of_hash(const MetaPage& meta, std::uint32_t hash) {
    const std::uint32_t bucket = hash & meta.high_mask;
    return bucket > meta.max_bucket ? bucket & meta.low_mask : bucket;
}

std::optional<HashFile> HashFile::open(const LockedFile& file) {
    return named(file.path(), [&]() -> std::optional<HashFile> {
        PagedFile pages{file};
        if (!uses_database_hash(pages.meta())) return std::nullopt;
        return HashFile{std::move(pages)};
    });
}

void HashFile::each_page(std::uint32_t bucket, const std::function<bool(const HashPage&)>& use) {
    std::uint32_t number = meta().page_of_bucket(bucket);
    std::uint32_t previous = 0;
    for (std::uint32_t steps = 0; steps <= meta().last_page; ++steps) {
        const Bytes bytes = pages_.page(number);
        if (is_hole(bytes) && previous == 0) return;
        require_in_chain(bytes, number, previous);
        const HashPage page{bytes};
        const std::uint32_t next = page.next();
        if (!use(page) || next == 0) return;
        previous = number;
        number = next;
    }
    throw std::runtime_error{"the links between its pages are damaged"};
}

/// The bytes of an item, put together in `room` where they lie on overflow pages.
std::string_view HashFile::whole(const HashItem& item, std::string& room) {
    if (item.kind != HashItem::Kind::overflow) return item.bytes;
    require(item.length <= kMaxItem, "a long item is damaged");
    room.clear();
    std::size_t most_pages = 2 + 2 * item.length / (meta().page_size - kPageHeader);
    for (std::uint32_t number = item.page; room.size() < item.length;) {
        require(most_pages-- > 0, "a long item is damaged");
        const Bytes page = overflow_.page(number);
        const std::size_t length = u16(page, 22);
        require(u32(page, 8) == number && PageType{u8(page, 25)} == PageType::overflow, "a long item is damaged");
        require(kPageHeader + length <= page.size() && room.size() + length <= item.length, "a long item is damaged");
        room.append(reinterpret_cast<const char*>(page.data()) + kPageHeader, length);
        number = u32(page, 16);
    }
    return room;
}

bool HashFile::is(const HashItem& item, std::string_view key) {
    if (item.kind == HashItem::Kind::overflow) return item.length == key.size() && whole(item, key_) == key;
    return item.bytes == key;
}

void HashFile::use_data(const HashItem& item, const UseDatum& use) {
    if (item.kind == HashItem::Kind::duplicates) return each_duplicate(item.bytes, use);
    use(whole(item, datum_));
}

void HashFile::each_on(const HashPage& page, const UsePair& use) {
    for (std::size_t pair = 0; pair < page.pairs(); ++pair) {
        const std::string_view key = whole(page.key(pair), key_);
        use_data(page.datum(pair), [&](std::string_view datum) { use(key, datum); });
    }
}

void HashFile::each_in_bucket(std::uint32_t bucket, const UsePair& use) {
    named(pages_.path(), [&] {
        each_page(bucket, [&](const HashPage& page) {
            each_on(page, use);
            return true;
        });
    });
}

void HashFile::each_under(std::string_view key, const UseDatum& use) {
    named(pages_.path(), [&] {
        each_page(bucket_of(key), [&](const HashPage& page) {
            for (std::size_t pair = 0; pair < page.pairs(); ++pair) {
                if (!is(page.key(pair), key)) continue;
                use_data(page.datum(pair), use);
                return false;
            }
            return true;
        });
    });
}

std::optional<Bytes> HashFile::only_page(std::uint32_t bucket) {
    return named(pages_.path(), [&]() -> std::optional<Bytes> {
        const std::uint32_t number = meta().page_of_bucket(bucket);
        const Bytes page = pages_.page(number);
        if (is_hole(page)) return page;
        require_in_chain(page, number, 0);
        if (u32(page, kNextPage) != 0) return std::nullopt;
        return page;
    });
}

}  // namespace relay
