// A whole mail log, compressed or not, through `milter-relay report` in each of its forms.
#include <nlohmann/json.hpp>
#include <sstream>

#include "milter/report/report.h"
#include "tests/fuzz/scratch_file.h"

using namespace relay;

namespace {

enum class Form { text, json, csv };

std::string reported(const std::string& path, Form form) {
    report::ReportOptions options;
    options.files = {path};
    options.json = form == Form::json;
    options.csv = form == Form::csv;
    std::ostringstream out, errors;
    report::report(options, out, errors);
    return out.str();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    static const fuzz::ScratchFile scratch;
    scratch.hold(fuzz::text_of(bytes, size));
    static_cast<void>(reported(scratch.path(), Form::text));
    static_cast<void>(reported(scratch.path(), Form::csv));
    const auto json = reported(scratch.path(), Form::json);
    fuzz::expect(json.empty() || nlohmann::json::accept(json), "JSON is JSON");
    return 0;
}
