#include "policy/source/database/salvage.h"

#include <array>
#include <bit>
#include <optional>
#include <vector>

#include "policy/source/database/bucket_count.h"
#include "policy/source/database/database_page.h"
#include "policy/source/database/page_bytes.h"
#include "policy/source/database/page_io.h"

namespace relay {
namespace {

constexpr std::size_t kMaxItem = std::size_t{1} << 20;
constexpr std::uint32_t kBtreeMagic = 0x053162;

bool is_a_page_size(std::uint32_t size) { return std::has_single_bit(size) && size >= 512 && size <= 65536; }

class Salvager {
public:
    Salvager(const LockedFile& file, const UseRecord& use) : file_{file}, use_{use} {
        std::array<std::byte, kMetaBytes> meta{};
        if (read_at(file.descriptor(), file.path(), 0, meta) < meta.size()) return;
        result_.hash = u32(meta, 12) != kBtreeMagic;
        if (is_a_page_size(u32(meta, 20))) page_size_ = u32(meta, 20);
    }

    Salvage run() {
        std::vector<std::byte> page(page_size_);
        for (std::uint32_t number = 0; read_page_at(number, page) == page.size(); ++number)
            take_page(page, number);
        return result_;
    }

private:
    [[nodiscard]] std::size_t read_page_at(std::uint32_t number, std::span<std::byte> page) const {
        return read_at(file_.descriptor(), file_.path(), std::uint64_t{number} * page_size_, page);
    }
    void take_page(Bytes page, std::uint32_t number) {
        const PageType type{u8(page, 25)};
        const bool hash = type == PageType::hash || type == PageType::hash_unsorted;
        if (number == 0 || (!hash && type != PageType::btree_leaf)) return note_unknown(page, type);
        ++result_.pages;
        const std::size_t entries = u16(page, 20);
        if (entries % 2 != 0 || kPageHeader + 2 * entries > page.size()) return static_cast<void>(++result_.dropped);
        for (std::size_t pair = 0; pair < entries; pair += 2) take_pair(page, pair, hash);
    }

    /// A page that is neither empty nor of a known kind may have held records.
    void note_unknown(Bytes page, PageType type) {
        switch (type) {
            case PageType::invalid: case PageType::btree_internal: case PageType::overflow:
            case PageType::hash_meta: case PageType::btree_meta: case PageType::hash: case PageType::hash_unsorted:
            case PageType::btree_leaf: return;
        }
        if (u16(page, 20) != 0) ++result_.dropped;
    }

    void take_pair(Bytes page, std::size_t pair, bool hash) {
        try {
            const auto key = hash ? hash_item(page, pair) : leaf_item(page, pair);
            const auto datum = hash ? hash_item(page, pair + 1) : leaf_item(page, pair + 1);
            if (key && datum) use_(*key, *datum);
        } catch (const Fault&) {
            throw;
        } catch (const std::runtime_error&) {
            ++result_.dropped;
        }
    }

    /// It ends where the one before it begins.
    std::optional<std::string> hash_item(Bytes page, std::size_t index) {
        const std::size_t end = index == 0 ? page.size() : u16(page, kPageHeader + 2 * (index - 1));
        const std::size_t begin = u16(page, kPageHeader + 2 * index);
        require(kPageHeader < begin && begin < end && end <= page.size(), "an item leaves its page");
        const Bytes item = page.subspan(begin, end - begin);
        if (u8(item, 0) == 3) return long_item(u32(item, 4), u32(item, 8));
        require(u8(item, 0) == 1, "an item has an unknown type");
        return std::string{reinterpret_cast<const char*>(item.data()) + 1, item.size() - 1};
    }

    /// Nothing for one that was deleted.
    std::optional<std::string> leaf_item(Bytes page, std::size_t index) {
        const std::size_t begin = u16(page, kPageHeader + 2 * index);
        require(kPageHeader < begin && begin < page.size(), "an item leaves its page");
        const Bytes item = page.subspan(begin);
        if ((u8(item, 2) & 0x80) != 0) return std::nullopt;
        if (u8(item, 2) == 3) return long_item(u32(item, 4), u32(item, 8));
        const std::size_t length = u16(item, 0);
        require(u8(item, 2) == 1 && 3 + length <= item.size(), "an item leaves its page");
        return std::string{reinterpret_cast<const char*>(item.data()) + 3, length};
    }

    std::string long_item(std::uint32_t number, std::size_t length) {
        require(length <= kMaxItem, "a long item is damaged");
        std::string text;
        std::vector<std::byte> page(page_size_);
        while (text.size() < length) {
            require(read_page_at(number, page) == page.size(), "a long item is damaged");
            const std::size_t part = u16(page, 22);
            require(PageType{u8(page, 25)} == PageType::overflow && part > 0 && kPageHeader + part <= page.size()
                        && text.size() + part <= length, "a long item is damaged");
            text.append(reinterpret_cast<const char*>(page.data()) + kPageHeader, part);
            number = u32(page, 16);
        }
        return text;
    }

    const LockedFile& file_;
    const UseRecord& use_;
    std::uint32_t page_size_ = kPageSize;
    Salvage result_;
};

}  // namespace

Salvage salvage(const LockedFile& file, const UseRecord& use) {
    return Salvager{file, use}.run();
}

}  // namespace relay
