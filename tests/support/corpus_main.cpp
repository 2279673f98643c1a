// Runs a fuzz target over the files of its corpus, where there is no libFuzzer: what once was found
// stays found, under every compiler and sanitizer.
//
//     corpus_NAME DIRECTORY
//
// Ends with an error when the directory holds no file: a corpus that is gone tests nothing.
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

void run(const std::string& bytes) {
    (void)LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) {
        std::fputs("usage: corpus_NAME DIRECTORY\n", stderr);
        return 2;
    }
    run("");
    int files = 0;
    for (const auto& entry : std::filesystem::directory_iterator(argv[1])) {
        std::ifstream file(entry.path(), std::ios::binary);
        const std::string bytes{std::istreambuf_iterator<char>(file), {}};
        run(bytes);
        // Cut short in the middle: what a full disk or a torn write leaves.
        run(bytes.substr(0, bytes.size() / 2));
        ++files;
    }
    std::printf("%d files\n", files);
    return files > 0 ? 0 : 1;
}
