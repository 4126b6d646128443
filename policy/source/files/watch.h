// Who watches a long change of a database: told how far it is, and able to end it while the file is still as it was.
#pragma once

#include <cstddef>

namespace relay {

class Watch {
public:
    virtual ~Watch() = default;
    /// The lock is held and the work begins. Like the next three, it may throw what is no std::runtime_error (which would
    /// be taken for damage), to end the work without a trace.
    virtual void begin() {}
    /// Called again and again, with the records done so far.
    virtual void progress(std::size_t /*records*/) {}
    /// The same for work that has no records to count.
    virtual void percent(int /*done*/) {}
    /// The last moment to end it.
    virtual void commit() {}
    /// It was ended, and what it had done by then is taken back: so many records by now. That cannot be ended.
    virtual void taken_back(std::size_t /*records*/) noexcept {}
};

}  // namespace relay
