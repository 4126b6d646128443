// Where sendmail finds us: parses the socket's address, sees to its directory, mode and remains, before libmilter opens
// it.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace relay {

struct SocketAddress {
    enum class Family { local, inet, inet6, inherited };
    Family family = Family::local;
    std::string path;  ///< local
    std::string host;  ///< inet, inet6: name or address
    std::string port;  ///< inet, inet6: 1-65535, decimal; inherited: the descriptor's number

    /// As libmilter's smfi_setconn wants it.
    [[nodiscard]] std::string text() const;
    bool operator==(const SocketAddress&) const = default;
};

/// What is wrong, in words; with the sysexits(3) code that tells it.
struct SocketFault {
    int exit_code = 0;
    std::string text;
};

/// The address in the configuration's words; what policy/source/config/socket_name.h finds wrong with them is a fault.
std::variant<SocketAddress, SocketFault> parse_socket(std::string_view text);

/// The listening socket that the service manager opened for us (sd_listen_fds(3)), if it opened one: "fd:3" for
/// libmilter (Debian's knows it). It takes the place of the configured one.
std::optional<SocketAddress> handed_over_socket();

/// Makes the directory of a local socket (0755, owned by `user` and `group`) where only it is missing.
std::optional<SocketFault> make_socket_directory(const SocketAddress& address, uid_t user, gid_t group);

/// A fault when someone answers at the address, or a file that is not a socket is there. A socket without anyone
/// behind it is removed. To be called with the rights that the socket will be opened with.
std::optional<SocketFault> make_way(const SocketAddress& address);

/// The file of a local socket that this process has opened: sets its mode, and removes it at the end, if it is
/// still the same.
class SocketFile {
public:
    /// 0660: sendmail connects as root, or as its RunAsUser through the group.
    static constexpr mode_t kMode = 0660;

    /// Adopts the file that libmilter made; nothing to do for other families.
    static std::variant<SocketFile, SocketFault> adopt(const SocketAddress& address, mode_t mode = kMode);
    void remove();

private:
    std::string path_;
    dev_t device_ = 0;
    ino_t inode_ = 0;
};

}  // namespace relay
