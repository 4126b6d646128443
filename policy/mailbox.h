// The path of MAIL FROM and RCPT TO (RFC 5321 4.1.2) taken apart, as liberally as sendmail takes it.
//
// The parser never refuses: whatever a peer sends becomes a Path; `routes_onward` marks what could be sent on by
// the host that receives it, so that nobody mistakes "user%other.example@ours.example" for a local address.
#pragma once

#include <string>
#include <string_view>

namespace relay {

/// RFC 5321's Reverse-path and Forward-path.
struct Path {
    std::string local_part;  ///< As sent, quotes removed and quoted pairs undone (RFC 5321 4.1.2).
    std::string domain;      ///< Lower case, one trailing dot removed; "[192.0.2.1]" keeps its brackets; may be empty.
    bool null = false;       ///< "<>": the null reverse-path.
    /// Source route, or a local part with % ! @ or : in it, quoted or not; or a spelling that sendmail may read
    /// otherwise than we do: < > ( ) , ; a blank or a control outside quotes, or any such byte in the domain.
    bool routes_onward = false;

    bool operator==(const Path&) const = default;
};

/// Takes "<a@b>", "a@b", "<@x,@y:a@b>", "<>", "<\"a b\"@c>", "<postmaster>"; bytes over 127 are kept as they are.
/// The last @ outside quotes parts local part and domain. Linear in the length of `text`.
Path parse_path(std::string_view text);

}  // namespace relay
