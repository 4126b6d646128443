#include "policy/source/redis/handshake.h"

#include <algorithm>

#include "policy/source/files/escaped.h"
#include "policy/source/files/fault.h"
#include "policy/source/files/small_file.h"

namespace relay {
namespace {

using Kind = RedisFault::Kind;

std::string first_line_of(const std::string& path) {
    constexpr std::size_t kLargest = 65536;
    try {
        const auto file = read_small_file(path, kLargest);
        if (!file) throw RedisFault{Kind::refused, escaped(path) + ": there is no such file"};
        std::string line = file->text.substr(0, file->text.find('\n'));
        if (line.ends_with('\r')) line.pop_back();
        if (line.empty()) throw RedisFault{Kind::refused, escaped(path) + ": its first line has to be the password"};
        return line;
    } catch (const Fault& fault) {
        throw RedisFault{Kind::refused, fault.what()};
    }
}

/// The first word alone: what follows may quote the command, and so the password.
std::string code_of(const RedisReply::Error& error) {
    return escaped(error.text.substr(0, std::min<std::size_t>(error.text.find(' '), 32)));
}

void judge_auth(const RedisReply& reply, const Credentials& credentials) {
    if (const auto* error = reply.error())
        throw RedisFault{Kind::refused, "AUTH: " + code_of(*error) + "; are the user and the password in " +
                                            escaped(credentials.password_file) + " right?"};
}

void judge_select(const RedisReply& reply) {
    const auto* error = reply.error();
    if (error) throw RedisFault{Kind::refused, "SELECT: " + escaped(error->text.substr(0, 200))};
}

/// The name is for the server's admin. One who may not set it may still ask; one who has to log in first may not.
void judge_name(const RedisReply& reply) {
    const auto* error = reply.error();
    if (error && error->text.starts_with("NOAUTH"))
        throw RedisFault{Kind::refused, "NOAUTH: the server wants a password; a file of [redis] has to hold it"};
    if (error && error->text.starts_with("ERR max number of clients"))
        throw RedisFault{Kind::refused, escaped(error->text)};
}

}  // namespace

void shake_hands(Connection& connection, const Credentials& credentials, unsigned database, const Deadline& deadline) {
    const bool with_password = !credentials.password_file.empty();
    std::string request;
    std::size_t count = 1;
    if (with_password) {
        RedisCommand auth{"AUTH"};
        if (!credentials.user.empty()) auth.push_back(credentials.user);
        auth.push_back(first_line_of(credentials.password_file));
        append_command(request, auth);
        ++count;
    }
    if (database != 0) {
        append_command(request, {"SELECT", std::to_string(database)});
        ++count;
    }
    append_command(request, {"CLIENT", "SETNAME", "milter-relay"});
    const auto replies = connection.exchange(request, count, deadline);
    if (with_password) judge_auth(replies.front(), credentials);
    if (database != 0) judge_select(replies[with_password ? 1 : 0]);
    judge_name(replies.back());
}

}  // namespace relay
