// PrintableBuffer makes what a command prints safe for a terminal, as a whole.
//
//     PrintableBuffer buffer(std::cout);
//     std::ostream out(&buffer);
//
// Every command prints names that anybody may have chosen. Fields of one line are made safe where
// they are put together, because only there a line break can be told from a forged one; this is the
// net below that: no escape sequence gets out, whatever was forgotten. Text goes on line by line,
// and the rest when the stream is flushed or the buffer ends.
#pragma once

#include <ostream>
#include <streambuf>
#include <string>

namespace homeostat {

class PrintableBuffer final : public std::streambuf {
public:
    // `target` is borrowed.
    explicit PrintableBuffer(std::ostream& target) : target_(target) {}
    ~PrintableBuffer() override;
    PrintableBuffer(const PrintableBuffer&) = delete;
    PrintableBuffer& operator=(const PrintableBuffer&) = delete;

private:
    int_type overflow(int_type c) override;
    std::streamsize xsputn(const char* text, std::streamsize size) override;
    int sync() override;
    void pass_on(std::size_t size);

    std::ostream& target_;
    std::string waiting_;
};

}  // namespace homeostat
