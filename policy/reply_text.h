// Reply texts of the admin's own, [reply]: what they may hold, and how their placeholders are filled in.
//
//   {url}     reply.url
//   {client}  the client's address; "local" where there is none
//   {wait}    seconds, with the reasons of limits and the brake; 0 where only an admin can help
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "policy/settings.h"

namespace relay {

/// The most characters of a text with its placeholders filled in: with code and status one line of RFC 5321 4.5.3.1.5.
inline constexpr std::size_t kMaxReplyText = 400;

/// Can a recipient be refused or deferred for this reason, so that it has a reply?
bool has_reply(Reason reason);

/// What is wrong with a text for `reason`; empty when it is well. One line of printable ASCII, known placeholders that
/// have a value, at most kMaxReplyText however they are filled in. % has no meaning and is safe.
std::string reply_text_problem(std::string_view text, Reason reason, std::string_view url);

/// A text that was found well.
std::string filled_in(std::string_view text, std::string_view url, const std::optional<Address>& client,
                      std::optional<std::chrono::seconds> wait);

}  // namespace relay
