#include "agent/heap.hpp"

#include <doctest/doctest.h>
#include <malloc.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <thread>
#include <vector>

using namespace homeostat;

// The sanitizers bring an allocator of their own.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)

TEST_CASE("heap: what was built and thrown away goes back, what is held stays") {
    tame_heap();
    std::vector<std::unique_ptr<std::vector<char>>> blocks;
    for (int i = 0; i < 1000; ++i) blocks.push_back(std::make_unique<std::vector<char>>(4000, 'x'));
    auto last = std::move(blocks.back());  // above all others: they are holes below it
    blocks.clear();
    CHECK(trim_heap());
    CHECK(last->at(3999) == 'x');
}

TEST_CASE("heap: threads share one arena") {
    tame_heap();
    const auto arenas = [] {
        char* text = nullptr;
        std::size_t size = 0;
        std::FILE* file = ::open_memstream(&text, &size);
        REQUIRE(file != nullptr);
        ::malloc_info(0, file);
        std::fclose(file);
        std::size_t count = 0;
        for (const char* at = text; (at = std::strstr(at, "<heap nr=")) != nullptr; ++at) ++count;
        std::free(text);
        return count;
    };
    const std::size_t before = arenas();
    std::size_t during = 0;
    std::thread([&] {
        const std::vector<char> block(1000, 'x');
        during = arenas();
    }).join();
    CHECK(during == before);
}

#else

TEST_CASE("heap: an allocator that is not the C library's takes the calls and goes on") {
    tame_heap();
    const std::vector<char> held(4000, 'x');
    (void)trim_heap();
    CHECK(held.at(3999) == 'x');
}

#endif
