#include "agent/printable_buffer.hpp"

#include "core/printable.hpp"

namespace homeostat {
namespace {

// A line longer than this is passed on in parts; a character on the seam may become '?'.
constexpr std::size_t kWaitingBytesMax = 64UL * 1024;

}  // namespace

PrintableBuffer::~PrintableBuffer() {
    pass_on(waiting_.size());
}

PrintableBuffer::int_type PrintableBuffer::overflow(int_type c) {
    if (traits_type::eq_int_type(c, traits_type::eof())) return traits_type::not_eof(c);
    const char byte = traits_type::to_char_type(c);
    return xsputn(&byte, 1) == 1 ? c : traits_type::eof();
}

std::streamsize PrintableBuffer::xsputn(const char* text, std::streamsize size) {
    waiting_.append(text, static_cast<std::size_t>(size));
    const auto end = waiting_.rfind('\n');
    if (end != std::string::npos) pass_on(end + 1);
    if (waiting_.size() > kWaitingBytesMax) pass_on(waiting_.size());
    return target_.good() ? size : 0;
}

int PrintableBuffer::sync() {
    pass_on(waiting_.size());
    target_.flush();
    return target_.good() ? 0 : -1;
}

void PrintableBuffer::pass_on(std::size_t size) {
    const std::span<char> text(waiting_.data(), size);
    make_printable(text, Lines::Many);
    target_.write(text.data(), static_cast<std::streamsize>(size));
    waiting_.erase(0, size);
}

}  // namespace homeostat
