// What a database entry says of a client address: when its user logged in, and who. The bytes on disk are a contract.
//
// Key: the client address as ASCII text. Data, by layout:
//   timestamp  "SECONDS", or "SECONDS LOGIN [SECONDS LOGIN]...", newest first: when the login was (sendmail, hosts)
//   expiry     "SECONDS": when the permission ends (DRAC, poprelayd)
//   presence   anything: being there is enough (pop-before-smtp, popauth)
// SECONDS are ASCII decimal digits since 1970-01-01 UTC, without sign. LOGIN is printable ASCII without blanks: any other
// byte of a name, and the backslash, is written as \xHH (lower-case hex), and a name that is not known as "-" (one that
// is "-" as \x2d). So no byte of a name can end its field, and a record passes through makemap(8) unchanged. Read, but
// not written: bytes above 0x7f, a backslash that begins no \xHH, one trailing NUL.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/address.h"

namespace relay {

/// 9999-12-31 23:59:59 UTC, the last second that a record can name.
inline constexpr std::int64_t kMaxSeconds = 253'402'300'799;
inline constexpr std::size_t kMaxLogins = 16;
/// The longest record that is written: below a quarter of a page of the smallest that we make, above which libdb would
/// move it to pages of its own, and no longer change it in one write.
inline constexpr std::size_t kMaxRecordBytes = 960;
/// A name that needs more is written as unknown.
inline constexpr std::size_t kMaxNameBytes = 330;

enum class Layout { timestamp, expiry, presence };

/// A login name and when it logged in.
struct Login {
    std::chrono::sys_seconds at;
    std::string name;  ///< Any bytes; empty where it is not known.
    bool operator==(const Login&) const = default;
};

/// A login that a POP or IMAP server reported: what is to be recorded.
struct LoginEvent {
    Address client;
    std::chrono::sys_seconds at;  ///< When it happened, by the clock of the server.
    std::string login;            ///< Empty where it is not known. Any bytes: encoding is the writer's.
};

struct LoginRecord {
    Layout layout = Layout::timestamp;
    std::chrono::sys_seconds at{};  ///< The login (timestamp), the end (expiry), or the epoch (presence).
    std::vector<Login> logins;      ///< Newest first; empty where no name is known.
    bool operator==(const LoginRecord&) const = default;
};

/// The record in `data`, or nothing when the bytes are not what `layout` says (corrupt: a failed look-up, not absent).
/// At most kMaxSeconds and kMaxLogins; words are parted by blanks or tabs. Logins are sorted, newest first.
std::optional<LoginRecord> decode_login_record(std::string_view data, Layout layout);
/// The bytes for a timestamp record: the newest logins, as many as kMaxLogins and kMaxRecordBytes permit. They are left
/// out where the first is not at `record.at`, and where the only one has no name.
std::string encode_login_record(const LoginRecord& record);
/// A name as the one word that stands for it in a record and in every listing.
std::string login_word(std::string_view name);
/// The name that an admin means by a word: as login_word() writes it, any other byte standing for itself.
std::string login_of_word(std::string_view word);
[[nodiscard]] bool names_login(const LoginRecord& record, std::string_view name);
/// The record without that name; nothing where it names nobody else.
std::optional<LoginRecord> without_login(const LoginRecord& record, std::string_view name);
/// `record` and the logins of `other`, each name once at its newest time, newest first; the newer time of the two.
LoginRecord merged(const LoginRecord& record, const LoginRecord& other);

enum class Freshness { fresh, standing, expired };

/// fresh: now - window <= at (timestamp), now < at (expiry), always (presence).
/// standing: a timestamp in the future, a permission that an admin gave.
Freshness freshness(const LoginRecord& record, std::chrono::sys_seconds now, std::chrono::seconds window);

}  // namespace relay
