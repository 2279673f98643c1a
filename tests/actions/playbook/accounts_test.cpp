#include "actions/playbook/accounts.hpp"

#include <doctest/doctest.h>

#include "tests/support/memory_root.hpp"

namespace homeostat::playbook {

TEST_CASE("accounts: names and numbers both ways") {
    test::MemoryRoot root;
    root.set("etc/passwd",
             "root:x:0:0:root:/root:/bin/sh\nbroken\nweb:x:33:33::/var/www:/bin/false\n");
    root.set("etc/group", "root:x:0:\nadm:x:4:a,b\n");
    const Accounts accounts(root);
    CHECK(accounts.uid("web") == 33);
    CHECK(accounts.uid("1234") == 1234);
    CHECK_FALSE(accounts.uid("nosuch"));
    CHECK_FALSE(accounts.uid("broken"));
    CHECK_FALSE(accounts.uid("4294967295"));
    CHECK(accounts.gid("adm") == 4);
    CHECK(accounts.user_name(33) == "web");
    CHECK(accounts.user_name(99).empty());
    CHECK(accounts.group_name(4) == "adm");
    CHECK(accounts.home(0) == "/root");
}

TEST_CASE("accounts: a host without the files still knows numbers") {
    const test::MemoryRoot root;
    const Accounts accounts(root);
    CHECK(accounts.uid("7") == 7);
    CHECK_FALSE(accounts.uid("root"));
    CHECK(account_field("a:b", 5).empty());
    CHECK(account_field("", 0).empty());
}

}  // namespace homeostat::playbook
