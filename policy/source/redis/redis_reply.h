// What a Redis server is asked, and what it answers.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace relay {

/// The command and its arguments, any bytes.
using RedisCommand = std::vector<std::string>;

struct RedisReply {
    struct Nil {
        bool operator==(const Nil&) const = default;
    };
    /// The server took the command and says no: "WRONGPASS ...", "OOM ...", "READONLY ...". Its own words, any bytes.
    struct Error {
        std::string text;
        bool operator==(const Error&) const = default;
    };
    using Array = std::vector<RedisReply>;

    std::variant<Nil, Error, std::int64_t, std::string, Array> value;

    [[nodiscard]] bool nil() const { return std::holds_alternative<Nil>(value); }
    [[nodiscard]] const Error* error() const { return std::get_if<Error>(&value); }
    [[nodiscard]] const std::int64_t* integer() const { return std::get_if<std::int64_t>(&value); }
    [[nodiscard]] const std::string* text() const { return std::get_if<std::string>(&value); }
    [[nodiscard]] const Array* array() const { return std::get_if<Array>(&value); }
    bool operator==(const RedisReply&) const = default;
};

}  // namespace relay
