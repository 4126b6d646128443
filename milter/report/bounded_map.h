// A map that stops growing at a bound: what is in it is exact; what came too late is left to the caller to count.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace relay::report {

template <class Value>
class BoundedMap {
    struct Hash : std::hash<std::string_view> {
        using is_transparent = void;
    };
    using Map = std::unordered_map<std::string, Value, Hash, std::equal_to<>>;

public:
    /// A longer key is cut to this.
    static constexpr std::size_t kLongestKey = 2048;

    explicit BoundedMap(std::size_t most) : most_{most} {}

    /// The value of the key, made where there is none; null where the map is full.
    Value* at(std::string_view key) {
        key = key.substr(0, kLongestKey);
        const auto found = map_.find(key);
        if (found != map_.end()) return &found->second;
        if (map_.size() == most_) return nullptr;
        return &map_.try_emplace(std::string{key}).first->second;
    }

    [[nodiscard]] const Value* find(std::string_view key) const {
        const auto found = map_.find(key.substr(0, kLongestKey));
        return found == map_.end() ? nullptr : &found->second;
    }

    [[nodiscard]] std::size_t size() const { return map_.size(); }
    [[nodiscard]] auto begin() const { return map_.begin(); }
    [[nodiscard]] auto end() const { return map_.end(); }

private:
    std::size_t most_;
    Map map_;
};

}  // namespace relay::report
