#include "agent/config/reader_rights.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/memory_root.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace homeostat;

namespace {

constexpr const char* kPasswd =
    "root:x:0:0:root:/root:/bin/bash\nbroken\nhomeostat:x:990:980::/:/usr/sbin/nologin\n";
constexpr const char* kGroup = "root:x:0:\nhomeostat:x:980:\nadm:x:4:syslog,homeostat\nx:y\n";

}  // namespace

TEST_CASE("reader_rights: a user with its groups, by passwd and group") {
    const auto reader = find_reader("homeostat", kPasswd, kGroup);
    REQUIRE(reader);
    CHECK(reader->uid == 990);
    CHECK(reader->groups == std::vector<gid_t>{980, 4});
    CHECK(reader->group == "homeostat");
    CHECK_FALSE(find_reader("nobody", kPasswd, kGroup));
    CHECK_FALSE(find_reader("broken", kPasswd, kGroup));
    CHECK_FALSE(find_reader("homeostat", "homeostat:x:-1:980::\n", kGroup));
    CHECK_FALSE(find_reader("homeostat", "", ""));
    test::MemoryRoot root;
    CHECK_FALSE(find_reader("homeostat", root));
    root.set("etc/passwd", kPasswd);
    CHECK(find_reader("homeostat", root)->groups.size() == 1);
    root.set("etc/group", kGroup);
    CHECK(find_reader("homeostat", root)->groups.size() == 2);
}

TEST_CASE("reader_rights: what only its owner can read is told, with what to do") {
    const test::TemporaryDirectory directory;
    ::chmod(directory.path().c_str(), 0755);
    const std::string file = directory.write("token", "x");
    struct stat info {};
    REQUIRE(::stat(file.c_str(), &info) == 0);
    const ReaderRights stranger{"homeostat", 4'000'000, {4'000'000}, "homeostat"};
    const ReaderRights member{"homeostat", 4'000'000, {4'000'000, info.st_gid}, "homeostat"};
    const ReaderRights owner{"homeostat", info.st_uid, {4'000'000}, "homeostat"};
    ::chmod(file.c_str(), 0600);
    CHECK(hindrance(stranger, file) ==
          file + ": the service, which runs as homeostat, cannot read it: chgrp homeostat " + file +
              "; chmod 640 " + file);
    CHECK_FALSE(hindrance(member, file).empty());
    CHECK(hindrance(owner, file).empty());
    ::chmod(file.c_str(), 0640);
    CHECK_FALSE(hindrance(stranger, file).empty());
    CHECK(hindrance(member, file).empty());
    ::chmod(file.c_str(), 0004);
    CHECK(hindrance(stranger, file).empty());
    CHECK_FALSE(hindrance(member, file).empty());  // the group's bits are those that count
    CHECK_FALSE(hindrance(owner, file).empty());
    CHECK(hindrance(stranger, file + ".none").empty());
    ::chmod(file.c_str(), 0644);
    ::chmod(directory.path().c_str(), 0700);
    const std::string why = hindrance(stranger, file);
    CHECK(why.find("cannot pass " + directory.path()) != std::string::npos);
    CHECK(hindrance(owner, file).empty());
}
