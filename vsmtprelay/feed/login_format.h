// How one POP or IMAP server writes its log: which program names are its own, and what its messages say.
//
// A pattern is RE2 syntax and matches a message from its start to its end. In it stand, for what the server fills in:
//   {client} {login} {local} {session}  named groups: the client's address, the user, the server's address, what the
//                                       lines of one session share (a composed one is written (?P<session>...))
//   {address} {name} {host} {word} {number}   the same shapes, not captured; {text} anything
// {login} and {name} hold no blank, bracket, comma or double quote: nobody's name can end its field.
#pragma once

#include <re2/re2.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/address.h"

namespace relay {

enum class MessageKind {
    login,    ///< A user was let in. Without an address of its own it counts with that of its session.
    connect,  ///< The address of a session that has not logged in yet.
    end,      ///< A session ended. Names no address that counts: servers log it for strangers, too.
    other,    ///< Known, and nothing of the above.
};

struct Sample {
    std::string message;
    std::string expected;  ///< The client (login, connect) or the session (end); empty where the message has none.
    std::string login;
};

/// What a message says. Bytes of the log, not judged further.
struct Reading {
    MessageKind kind = MessageKind::other;
    std::optional<Address> client;
    std::optional<Address> local;
    std::string login;
    std::string session;
};

class MessageFormat {
public:
    /// Throws std::invalid_argument with what is wrong in `pattern`.
    MessageFormat(MessageKind kind, const std::string& pattern);

    [[nodiscard]] MessageKind kind() const { return kind_; }
    [[nodiscard]] std::optional<Reading> read(std::string_view message) const;

    std::vector<Sample> samples;

private:
    MessageKind kind_;
    std::unique_ptr<RE2> pattern_;
    int client_ = 0;  ///< Numbers of groups; 0 where there is none.
    int local_ = 0;
    int login_ = 0;
    int session_ = 0;
};

struct LoginFormat {
    std::string name;                   ///< The file's, without its end.
    std::vector<std::string> programs;  ///< syslog tags; "" is a log file of the server's own, without a tag.
    std::vector<std::string> units;  ///< systemd units that may write it without being root; one * stands for any text.
    std::vector<std::string> commands;  ///< _COMM that may write it; empty: any.
    std::vector<std::string> services;  ///< The first words of its lines in a log of its own, to miss logins there.
    bool session_is_process = false;
    std::vector<MessageFormat> messages;
    std::vector<std::string> lookalikes;  ///< What is no login.

    /// The first message format that fits. Nothing when a login or connect also fits a second one: that is not clear.
    [[nodiscard]] std::optional<Reading> read(std::string_view message) const;
};

}  // namespace relay
