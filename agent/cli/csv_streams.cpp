#include "agent/cli/csv_streams.hpp"

#include <filesystem>
#include <fstream>
#include <iostream>

#include "core/output_file.hpp"

namespace homeostat {
namespace {

namespace fs = std::filesystem;

void fail(Session& session, const std::string& name, std::string_view text) {
    session.fail_at(fmt::format("{}: {}", name, text));
}

Status convert_to_file(std::istream& in, const std::string& output,
                       const std::function<Status(std::istream&, std::ostream&)>& convert) {
    const bool replaces = is_replaceable(output);
    const std::string path = replaces ? output + ".new" : output;
    std::ofstream out(path, std::ios::binary | std::ios::trunc);
    if (!out) return make_error(Errc::Io, "{}: cannot open for writing", path);
    Status status = convert(in, out);
    out.close();
    if (status && !out) status = make_error(Errc::Io, "{}: cannot be written in full", path);
    std::error_code error;
    if (status && replaces) fs::rename(path, output, error);
    if (error) status = make_error(Errc::Io, "rename {}: {}", path, error.message());
    if (!status && replaces) fs::remove(path, error);
    return status;
}

}  // namespace

void convert_csv(Session& session, const std::string& input, const std::string& output,
                 const std::function<Status(std::istream&, std::ostream&)>& convert) {
    std::error_code ignored;
    if (input != "-" && output != "-" && fs::equivalent(input, output, ignored)) {
        return fail(session, output, "this is the same file as the input");
    }
    std::ifstream file;
    if (input != "-") {
        file.open(input, std::ios::binary);
        if (!file) return fail(session, input, "cannot open for reading");
    }
    std::istream& in = input == "-" ? std::cin : file;
    const Status status =
        output == "-" ? convert(in, session.data) : convert_to_file(in, output, convert);
    if (!status) fail(session, input == "-" ? "standard input" : input, status.error().text);
}

}  // namespace homeostat
