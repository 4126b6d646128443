// null_milter: the least that a milter on libmilter can do: it hooks connect, MAIL and RCPT, and lets everything pass.
//
// "replies" answers every step, as most milters do; "negotiates" leaves out the steps and answers that we leave out, and
// asks for the macros that we ask for; "rcpt-only" leaves out connect and MAIL as well, and asks for all macros at RCPT.
#include <libmilter/mfapi.h>

#include <cstdio>
#include <string>
#include <string_view>

#include "milter/macros.h"

namespace {

bool negotiates = false;
bool rcpt_only = false;

sfsistat unanswered() { return negotiates ? SMFIS_NOREPLY : SMFIS_CONTINUE; }

sfsistat on_negotiate(SMFICTX* context, unsigned long actions, unsigned long steps, unsigned long, unsigned long,
                      unsigned long* wanted_actions, unsigned long* wanted_steps, unsigned long* f2, unsigned long* f3) {
    static std::string all = std::string{relay::kConnectMacros} + ' ' + relay::kMailMacros + ' ' + relay::kRcptMacros;
    if (!rcpt_only) {
        smfi_setsymlist(context, SMFIM_CONNECT, const_cast<char*>(relay::kConnectMacros));
        smfi_setsymlist(context, SMFIM_ENVFROM, const_cast<char*>(relay::kMailMacros));
    }
    smfi_setsymlist(context, SMFIM_ENVRCPT, rcpt_only ? all.data() : const_cast<char*>(relay::kRcptMacros));
    *wanted_actions = actions & SMFIF_SETSYMLIST;
    *wanted_steps = (steps & (SMFIP_NOHELO | SMFIP_NODATA | SMFIP_NOHDRS | SMFIP_NOEOH | SMFIP_NOBODY | SMFIP_NOUNKNOWN)) |
                    (rcpt_only ? SMFIP_NOCONNECT | SMFIP_NOMAIL : SMFIP_NR_CONN | SMFIP_NR_MAIL);
    *f2 = *f3 = 0;
    return SMFIS_CONTINUE;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 3) {
        std::fprintf(stderr, "usage: %s replies|negotiates|rcpt-only SOCKET\n", argv[0]);
        return 64;
    }
    rcpt_only = argv[1] == std::string_view{"rcpt-only"};
    negotiates = rcpt_only || argv[1] == std::string_view{"negotiates"};
    static char name[] = "null";
    smfiDesc filter{};
    filter.xxfi_name = name;
    filter.xxfi_version = SMFI_VERSION;
    filter.xxfi_flags = negotiates ? SMFIF_SETSYMLIST : 0;
    filter.xxfi_connect = [](SMFICTX*, char*, sockaddr*) { return unanswered(); };
    filter.xxfi_envfrom = [](SMFICTX*, char**) { return unanswered(); };
    filter.xxfi_envrcpt = [](SMFICTX*, char**) -> sfsistat { return SMFIS_CONTINUE; };
    if (negotiates) filter.xxfi_negotiate = on_negotiate;
    std::string socket = std::string{"local:"} + argv[2];
    const bool ready = smfi_setconn(socket.data()) == MI_SUCCESS && smfi_register(filter) == MI_SUCCESS;
    return ready && smfi_main() == MI_SUCCESS ? 0 : 70;
}
