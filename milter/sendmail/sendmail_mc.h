// Where FEATURE(`milter_relay') stands in a sendmail.mc, where it belongs, and the text with and without it. Pure.
//
// Everything here refuses what it does not understand, by McRefusal: a sendmail.mc is the administrator's own work.
#pragma once

#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace relay {

/// The text says what is in the way, on which line, and what to do.
struct McRefusal : std::runtime_error {
    using runtime_error::runtime_error;
};

/// The feature's two arguments; an empty one is the feature's default.
struct FeatureArguments {
    std::string socket;
    std::string policy;
    bool operator==(const FeatureArguments&) const = default;

    /// FEATURE(`milter_relay', `SOCKET', `POLICY')dnl, without empty arguments at its end.
    [[nodiscard]] std::string line() const;
};

/// Throws McRefusal for what m4 or sendmail could read in another way: a quote, a comma, a parenthesis, a control.
void require_plain(const FeatureArguments& arguments);

/// The feature's line as it stands; nothing when there is none.
std::optional<FeatureArguments> feature_in(std::string_view mc);
/// The text with the feature's line after the other features and before the first MAILER (or what else begins the end
/// of the file); one that is there already is replaced where it stands.
std::string with_feature(std::string_view mc, const FeatureArguments& arguments);
/// The text without that line; the same text when there is none.
std::string without_feature(std::string_view mc);

/// The cf/m4/cf.m4 that it includes by itself, as Debian's does; empty for the stock layout, in which m4 is given both.
std::string included_cf_m4(std::string_view mc);

}  // namespace relay
