// Builds a sendmail.cf out of a sendmail.mc as the installation at hand does it, and compares two of them.
#pragma once

#include <string>
#include <string_view>

namespace relay {

/// How this installation makes its sendmail.cf.
struct Layout {
    std::string mc;         ///< Where the sendmail.mc belongs; its directory is m4's.
    std::string m4;         ///< The program.
    std::string cf_m4;      ///< sendmail's own cf/m4/cf.m4.
    bool included = false;  ///< The .mc includes cf.m4 itself (Debian, Red Hat); otherwise m4 is given both.
    bool appended = false;  ///< The .mc is appended to the .cf as comments (Debian's Makefile).

    /// The directory that holds cf/m4, cf/feature ..., without a slash at its end.
    [[nodiscard]] std::string cf_directory() const;
};

/// `cf_directory` may be empty: the usual places are tried. Throws McRefusal, saying what is missing and where it was
/// sought.
Layout find_layout(const std::string& mc_path, std::string_view mc, std::string_view cf,
                   const std::string& cf_directory);

struct Built {
    std::string cf;
    std::string warnings;  ///< What m4 said on standard error.
};

/// Throws McRefusal with m4's words when it fails, and Fault when it cannot run. Writes nowhere but under $TMPDIR.
Built build_cf(const Layout& layout, const std::string& mc);

/// Two texts that mean the same to sendmail: comments, and so who built it when and where, do not count.
bool same_cf(std::string_view one, std::string_view other);
/// "line 12: ..." for the first line of `other` that means something else than in `one`.
std::string first_difference(std::string_view one, std::string_view other);

}  // namespace relay
