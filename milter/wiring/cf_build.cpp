#include "milter/wiring/cf_build.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "milter/sendmail/cf_lines.h"
#include "milter/sendmail/child_process.h"
#include "milter/sendmail/sendmail_mc.h"
#include "milter/wiring/replaced_file.h"
#include "policy/source/files/escaped.h"

namespace relay {
namespace {

constexpr std::chrono::seconds kLimit{120};

std::string appended_title(const std::string& mc) { return "### " + mc + " ###\n"; }

/// "# " before each line, as Debian's Makefile does it with sed(1).
std::string appended(const std::string& path, const std::string& mc) {
    auto text = appended_title(path);
    for (std::size_t at = 0; at < mc.size();) {
        const auto end = std::min(mc.find('\n', at), mc.size());
        text.append("# ").append(mc, at, end - at).push_back('\n');
        at = end + 1;
    }
    return text;
}

std::string find_m4() {
    auto m4 = find_program({"/usr/bin/m4", "/usr/local/bin/gm4", "/usr/bin/gm4", "/usr/local/bin/m4"});
    if (m4.empty())
        throw McRefusal{"m4 is not installed; sendmail.cf cannot be built without it (Debian: apt install m4)"};
    return m4;
}

std::string find_cf_m4(const std::string& directory) {
    if (!directory.empty()) return directory + "/m4/cf.m4";
    const std::vector<std::string> candidates = {"/usr/share/sendmail/cf/m4/cf.m4", "/usr/share/sendmail-cf/m4/cf.m4",
                                                 "/usr/lib/sendmail-cf/m4/cf.m4",
                                                 "/usr/local/share/sendmail/cf/m4/cf.m4", "/etc/mail/cf/m4/cf.m4"};
    for (const auto& candidate : candidates)
        if (access(candidate.c_str(), R_OK) == 0) return candidate;
    throw McRefusal{
        "sendmail's m4 files are in none of the usual places (/usr/share/sendmail/cf ...); name their directory "
        "with --cf-dir, or install them (Debian: apt install sendmail-cf)"};
}

}  // namespace

std::string Layout::cf_directory() const { return parent_directory(parent_directory(cf_m4)); }

Layout find_layout(const std::string& mc_path, std::string_view mc, std::string_view cf,
                   const std::string& cf_directory) {
    Layout layout{.mc = mc_path, .m4 = find_m4(), .cf_m4 = included_cf_m4(mc)};
    layout.included = !layout.cf_m4.empty();
    if (!layout.included) layout.cf_m4 = find_cf_m4(cf_directory);
    if (!layout.cf_m4.starts_with('/')) layout.cf_m4 = parent_directory(mc_path) + "/" + layout.cf_m4;
    layout.appended = cf.find("\n" + appended_title(mc_path)) != cf.npos;
    if (access(layout.cf_m4.c_str(), R_OK) != 0)
        throw McRefusal{escaped(layout.cf_m4) +
                        " is not there; sendmail's m4 files are needed (Debian: apt install sendmail-cf)"};
    return layout;
}

Built build_cf(const Layout& layout, const std::string& mc) {
    const TemporaryDirectory directory;
    const auto file = directory.write("sendmail.mc", mc);
    Arguments arguments{layout.m4};
    if (!layout.included)
        arguments.insert(arguments.end(), {"-D_CF_DIR_=" + layout.cf_directory() + "/", layout.cf_m4});
    arguments.push_back(file);
    auto built = run_program(arguments, parent_directory(layout.mc), kLimit);
    if (built.status != 0)
        throw McRefusal{
            fmt::format("m4 does not build it (exit {}): {}", built.status, escaped(trimmed(built.errors)))};
    if (layout.appended) built.output.append(appended(layout.mc, mc));
    return {std::move(built.output), std::move(built.errors)};
}

bool same_cf(std::string_view one, std::string_view other) { return first_difference(one, other).empty(); }

std::string first_difference(std::string_view one, std::string_view other) {
    const auto left = cf_lines(one), right = cf_lines(other);
    const auto same_text = [](const CfLine& a, const CfLine& b) { return a.text == b.text; };
    const auto [at, there] = std::mismatch(left.begin(), left.end(), right.begin(), right.end(), same_text);
    if (at == left.end() && there == right.end()) return {};
    if (there == right.end()) return fmt::format("it ends before \"{}\"", escaped(at->text.substr(0, 80)));
    return fmt::format("line {}: \"{}\"", there->number, escaped(there->text.substr(0, 80)));
}

}  // namespace relay
