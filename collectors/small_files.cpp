#include "collectors/small_files.hpp"

namespace homeostat {

void SmallFiles::note(const Error& error) {
    if (error.code != Errc::NotFound && refusal_) refusal_ = error;
}

std::string_view SmallFiles::read(const Path& path) {
    if (path.truncated()) return {};
    const auto text = root_.read(path.c_str(), buffer_);
    if (text) return trim(*text);
    note(text.error());
    return {};
}

void SmallFiles::each(const char* directory, FunctionRef<void(std::string_view)> visit) {
    std::uint32_t seen = 0;
    const auto status = root_.list(directory, [&](std::string_view name) {
        if (++seen <= kThingsMax) {
            visit(name);
        } else {
            ++left_out_;
        }
        return true;
    });
    if (!status) note(status.error());
}

Status SmallFiles::outcome(std::string_view lacking) const {
    if (left_out_ > 0) {
        return make_error(Errc::Limit, "{} more than {} things of one kind are not looked at",
                          left_out_, kThingsMax);
    }
    if (out_.all().size() > samples_before_) return Ok{};
    if (!refusal_) return refusal_;
    return make_error(Errc::NotAvailable, "{}", lacking);
}

}  // namespace homeostat
