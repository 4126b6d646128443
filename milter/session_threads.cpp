#include "milter/session_threads.h"

#include <dlfcn.h>
#include <libmilter/mfapi.h>
#include <pthread.h>

#include <cstring>
#include <string>

#include "milter/repeat_limit.h"

namespace relay {
namespace {

decltype(&pthread_create) real_pthread_create() {
    static const auto real = reinterpret_cast<decltype(&pthread_create)>(dlsym(RTLD_NEXT, "pthread_create"));
    return real;
}

bool is_of_libmilter(void* (*start)(void*)) {
    Dl_info here{};
    Dl_info libmilter{};
    return dladdr(reinterpret_cast<void*>(start), &here) != 0 &&
           dladdr(reinterpret_cast<void*>(&smfi_register), &libmilter) != 0 && here.dli_fbase == libmilter.dli_fbase;
}

bool is_detached(pthread_t thread) {
    pthread_attr_t attributes;
    if (pthread_getattr_np(thread, &attributes) != 0) return false;
    int state = PTHREAD_CREATE_JOINABLE;
    pthread_attr_getdetachstate(&attributes, &state);
    pthread_attr_destroy(&attributes);
    return state == PTHREAD_CREATE_DETACHED;
}

void tell(int error) {
    static RepeatLimit repeats;
    log_error(repeats, std::string{"no thread for a session, which waits for one: "} + std::strerror(error));
}

}  // namespace

void prepare_session_threads() { real_pthread_create(); }

}  // namespace relay

/// A new worker of libmilter (libmilter/worker.c) first detaches itself; where it cannot, it marks its session as one
/// for any worker, and ends. It cannot on a thread that is detached already, as those are that ask for workers: called
/// there, it leaves the session to the next worker that has time.
extern "C" int pthread_create(pthread_t* made, const pthread_attr_t* attributes, void* (*start)(void*),
                              void* argument) noexcept {
    const int error = relay::real_pthread_create()(made, attributes, start, argument);
    if (error == 0 || !argument || !relay::is_of_libmilter(start) || !relay::is_detached(pthread_self())) return error;
    start(argument);
    relay::tell(error);
    return 0;
}
