#include "tests/crash/trace.h"

#include <cstring>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace relay::crash {
namespace {

struct Header {
    Kind kind;
    std::int32_t error;
    std::uint64_t inode;
    std::uint64_t value;
    std::uint64_t lengths[3];
};

class Reader {
public:
    explicit Reader(std::string text) : text_{std::move(text)} {}
    [[nodiscard]] bool more() const { return position_ < text_.size(); }

    std::string take(std::uint64_t length) {
        if (text_.size() - position_ < length) throw std::runtime_error{"the trace ends within an operation"};
        position_ += length;
        return text_.substr(position_ - length, length);
    }

private:
    std::string text_;
    std::size_t position_ = 0;
};

}  // namespace

std::string encode(const Operation& operation) {
    const Header header{operation.kind, operation.error, operation.inode, operation.value,
                        {operation.name.size(), operation.target.size(), operation.bytes.size()}};
    std::string text(sizeof header, '\0');
    std::memcpy(text.data(), &header, sizeof header);
    return text.append(operation.name).append(operation.target).append(operation.bytes);
}

std::vector<Operation> read_trace(const std::string& path) {
    std::ifstream file{path, std::ios::binary};
    if (!file) throw std::runtime_error{path + ": no trace; was the library preloaded?"};
    Reader reader{{std::istreambuf_iterator<char>{file}, {}}};
    std::vector<Operation> operations;
    while (reader.more()) {
        Header header{};
        std::memcpy(&header, reader.take(sizeof header).data(), sizeof header);
        Operation operation{header.kind, header.error, header.inode, header.value, {}, {}, {}};
        operation.name = reader.take(header.lengths[0]);
        operation.target = reader.take(header.lengths[1]);
        operation.bytes = reader.take(header.lengths[2]);
        operations.push_back(std::move(operation));
    }
    return operations;
}

}  // namespace relay::crash
