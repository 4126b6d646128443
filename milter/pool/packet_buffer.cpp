#include "milter/pool/packet_buffer.h"

#include <libmilter/mfdef.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace relay {

void PacketBuffer::restore(int socket, std::string_view rest) {
    std::ranges::copy(rest, bytes_.begin());
    begin_ = 0;
    end_ = rest.size();
    socket_ = socket;
    drained_ = ended_ = false;
}

/// libmilter takes a length that is not positive for a command without data.
std::size_t PacketBuffer::data_size() const {
    std::uint32_t length = 0;
    for (std::size_t i = 0; i < 4; ++i) length = length << 8 | static_cast<unsigned char>(bytes_[begin_ + i]);
    return length > INT32_MAX || length < 1 ? 0 : length - 1;
}

/// Macros: the letter of their command, then names and values by turns, each with a NUL at its end.
bool PacketBuffer::sound() const {
    if (data_size() > kMostData) return false;
    if (bytes_[begin_ + 4] != SMFIC_MACRO || !whole()) return true;
    const std::string_view data{bytes_.data() + begin_ + kHead, data_size()};
    return data.empty() || std::ranges::count(data.substr(1), '\0') % 2 == 0;
}

void PacketBuffer::fill() {
    std::copy(bytes_.begin() + begin_, bytes_.begin() + end_, bytes_.begin());
    end_ -= begin_;
    begin_ = 0;
    const std::size_t room = bytes_.size() - end_;
    const ssize_t got = recv(socket_, bytes_.data() + end_, room, MSG_DONTWAIT);
    if (got < 0 && errno == EINTR) return;
    drained_ = true;  // For this turn: a peer that never stops must not keep a thread.
    ended_ = got == 0 || (got < 0 && errno != EAGAIN);
    if (got > 0) end_ += static_cast<std::size_t>(got);
}

bool PacketBuffer::ready() {
    for (;;) {
        if (size() >= kHead && !sound()) ended_ = true;
        if (ended_ || whole()) return true;
        if (drained_) return false;
        fill();
    }
}

PacketBuffer::Packet PacketBuffer::take() {
    const Packet packet{bytes_[begin_ + 4], {bytes_.data() + begin_ + kHead, data_size()}};
    begin_ += kHead + data_size();
    return packet;
}

}  // namespace relay
