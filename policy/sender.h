// May one of these logins use this reverse-path? Pure: what the map and the lists of domains say are arguments.
#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "policy/facts.h"

namespace relay {

/// What has to be known first; or found: the one of the logins that may, absent: none of them, failed: nobody can tell.
using SenderRight = std::variant<Question, Lookup<std::string_view>>;

/// By [sender]. The null reverse-path is everybody's. One that routes onward ("a%b@c", "@x:a@b", or a spelling that
/// sendmail may read otherwise than we do) is nobody's, since it could stand for any sender.
SenderRight sender_right(const Facts& f, Logins logins);

/// The local part without its address extension: "alice" of "alice+list" where the delimiter is '+'. As it is where
/// there is no delimiter (0), or nothing before it.
std::string without_extension(const std::string& local_part, char delimiter);

}  // namespace relay
