#include "actions/watcher_uid.hpp"

#include <doctest/doctest.h>

using namespace homeostat;

TEST_CASE("watcher uid: a number is itself, a name is looked up, anything else is an error") {
    constexpr std::string_view kPasswd =
        "root:x:0:0:root:/root:/bin/bash\nhomeostat:x:998:997::/:/sbin/nologin\nbad:x:x:0\nbad2\n";
    CHECK(*find_uid("12", kPasswd) == 12);
    CHECK(*find_uid("homeostat", kPasswd) == 998);
    CHECK(*find_uid("root", kPasswd) == 0);
    for (const char* user : {"", "nobody", "bad", "bad2", "homeosta", "homeostat:x", "-1",
                             "4294967295", "99999999999999999999"}) {
        CAPTURE(user);
        CHECK_FALSE(find_uid(user, kPasswd));
    }
    CHECK_FALSE(find_uid("root", ""));
}
