// The answer of a look-up: found, absent or failed. A failed look-up is never an absent one.
//
// A value type without locks: one owner, one thread at a time.
#pragma once

#include <string>
#include <utility>
#include <variant>

namespace relay {

struct Absent {
    bool operator==(const Absent&) const = default;
};

/// Why a look-up has no answer, for the log: what failed, on what, and the system's word for it.
struct Failed {
    std::string why;
    bool operator==(const Failed&) const = default;
};

template <class T>
class Lookup {
public:
    Lookup(T value) : answer_{std::move(value)} {}
    Lookup(Absent absent) : answer_{absent} {}
    Lookup(Failed failed) : answer_{std::move(failed)} {}

    [[nodiscard]] bool found() const { return std::holds_alternative<T>(answer_); }
    [[nodiscard]] bool absent() const { return std::holds_alternative<Absent>(answer_); }
    [[nodiscard]] bool failed() const { return std::holds_alternative<Failed>(answer_); }

    /// Only when found(); throws std::bad_variant_access otherwise.
    [[nodiscard]] const T& value() const { return std::get<T>(answer_); }
    /// Only when failed(); throws std::bad_variant_access otherwise.
    [[nodiscard]] const std::string& why() const { return std::get<Failed>(answer_).why; }

    bool operator==(const Lookup&) const = default;

private:
    std::variant<T, Absent, Failed> answer_;
};

}  // namespace relay
