#include "collectors/mountinfo.hpp"

#include <doctest/doctest.h>

#include <string>

#include "tests/collectors/fixture_host.hpp"

using namespace homeostat;

namespace {

// A line of a mount at `point` of this device and type.
std::string line(std::string_view point, std::string_view device = "8:1",
                 std::string_view type = "ext4", std::string_view super = "rw") {
    return fmt::format("40 28 {} / {} rw,relatime shared:1 - {} /dev/x {}\n", device, point, type,
                       super);
}

std::string points(const LocalMounts& found) {
    std::string text;
    for (const LocalMount& mount : found.mounts)
        text += std::string(mount.mount_point.view()) + " ";
    return text;
}

}  // namespace

TEST_CASE("mountinfo: which mounts of a whole host are looked at") {
    const auto text = test::read_text("tests/fixtures/hosts/debian12-6.1/proc/self/mountinfo");
    const auto found = local_mounts(text);
    REQUIRE(found);
    // Not: pseudo file systems, NFS and what lies beneath it, FUSE, squashfs, a container's layers,
    // the user's /run, the second mount of /srv's device.
    CHECK(points(*found) == "/run / /dev/shm /boot /srv /mnt/my backup ");
    CHECK(found->untracked == 0);
}

TEST_CASE("mountinfo: read-only is what the file system says, not what one mount of it is") {
    const auto found = local_mounts(
        "28 1 254:0 / / ro,relatime shared:1 - ext4 /dev/a rw,errors=remount-ro\n"
        "29 1 254:1 / /a rw,relatime - ext4 /dev/b ro,errors=remount-ro\n"
        "30 1 254:2 / /b rw,relatime - ext4 /dev/c rw,ro=no\n");
    REQUIRE(found);
    CHECK_FALSE(found->mounts[0].read_only);
    CHECK(found->mounts[1].read_only);
    CHECK_FALSE(found->mounts[2].read_only);
}

TEST_CASE("mountinfo: one device is looked at once, at its shortest mount point") {
    const auto found = local_mounts(line("/long/way") + line("/short") + line("/also/long"));
    REQUIRE(found);
    CHECK(points(*found) == "/short ");
}

TEST_CASE("mountinfo: of mounts over one another the last one counts") {
    auto found = local_mounts(line("/data", "8:1") + line("/data", "8:2"));
    REQUIRE(found);
    REQUIRE(found->mounts.size() == 1);
    CHECK(found->mounts[0].device == "8:2");
    found = local_mounts(line("/data", "8:1") + line("/data", "0:44", "nfs4"));
    REQUIRE(found);
    CHECK(found->mounts.empty());
}

TEST_CASE("mountinfo: nothing beneath a remote mount is touched, whatever the order") {
    const auto found =
        local_mounts(line("/nas/disk", "8:1") + line("/nas", "0:9", "nfs") + line("/nasty", "8:2"));
    REQUIRE(found);
    CHECK(points(*found) == "/nasty ");
}

TEST_CASE("mountinfo: what may hang is listed by itself, without the trees that programs make") {
    const auto found = local_mounts(
        line("/nas", "0:9", "nfs4") + line("/nas", "0:10", "nfs4") +
        line("/home/me/box", "0:11", "fuse.sshfs") + line("/var/lib/lxcfs", "0:12", "fuse.lxcfs") +
        line("/run/user/1000/gvfs", "0:13", "fuse") + line("/snap/x", "0:14", "fuse.snapfuse"));
    REQUIRE(found);
    REQUIRE(found->remote.size() == 2);
    CHECK(found->remote[0].mount_point == "/nas");
    CHECK(found->remote[1].mount_point == "/home/me/box");

    std::string many;
    for (int i = 0; i < 40; ++i) many += line(fmt::format("/n{}", i), "0:9", "nfs");
    const auto crowd = local_mounts(many);
    REQUIRE(crowd);
    CHECK(crowd->remote.size() == 32);
    CHECK(crowd->untracked == 8);
}

TEST_CASE("mountinfo: a full table counts what it leaves out") {
    std::string text;
    for (int i = 0; i < 70; ++i) text += line(fmt::format("/m{}", i), fmt::format("8:{}", i));
    text += line("/" + std::string(200, 'x'), "9:1");
    const auto found = local_mounts(text);
    REQUIRE(found);
    CHECK(found->mounts.size() == 64);
    CHECK(found->untracked == 7);
}

TEST_CASE("mountinfo: types by what may be asked of them") {
    struct Row {
        const char* type;
        FilesystemClass expected;
    };
    for (const Row& row :
         {Row{"ext4", FilesystemClass::Local}, Row{"tmpfs", FilesystemClass::Local},
          Row{"zfs", FilesystemClass::Local}, Row{"vfat", FilesystemClass::Local},
          Row{"nfs4", FilesystemClass::Remote}, Row{"cifs", FilesystemClass::Remote},
          Row{"fuse.sshfs", FilesystemClass::Remote}, Row{"fuse", FilesystemClass::Remote},
          Row{"9p", FilesystemClass::Remote}, Row{"ceph", FilesystemClass::Remote},
          Row{"virtiofs", FilesystemClass::Remote}, Row{"newfs", FilesystemClass::Remote},
          Row{"overlay", FilesystemClass::Local}, Row{"fusectl", FilesystemClass::Pseudo},
          Row{"proc", FilesystemClass::Pseudo}, Row{"squashfs", FilesystemClass::Pseudo},
          Row{"autofs", FilesystemClass::Pseudo}}) {
        CAPTURE(row.type);
        CHECK(filesystem_class(row.type) == row.expected);
    }
}

TEST_CASE("mountinfo: which paths may hang, and the class of a mount by its id") {
    const std::string text = line("/", "8:1") + line("/nas", "0:9", "nfs4") +
                             line("/nas/disk", "8:2") + line("/a\\040b", "0:10", "fuse.sshfs");
    CHECK(may_hang(text, "/nas"));
    CHECK(may_hang(text, "nas/disk/certificate.pem"));
    CHECK(may_hang(text, "/a b/log"));
    CHECK_FALSE(may_hang(text, "/nasty"));
    CHECK_FALSE(may_hang(text, "etc/ssl/certificate.pem"));
    CHECK_FALSE(may_hang(line("/", "0:9", "virtiofs"), "/etc/x"));
    CHECK_FALSE(may_hang("garbage", "/etc/x"));
    CHECK(class_of_mount("7 1 8:1 / / rw - ext4 x rw\n8 7 0:9 / /n rw - nfs4 x rw\n", 8) ==
          FilesystemClass::Remote);
    CHECK(class_of_mount("7 1 8:1 / / rw - ext4 x rw\n", 7) == FilesystemClass::Local);
    CHECK_FALSE(class_of_mount("7 1 8:1 / / rw - ext4 x rw\n", 8));
    // A remote root does not hide what lies on disks beneath it.
    const auto found = local_mounts(line("/", "0:9", "nfs") + line("/var", "8:1"));
    REQUIRE(found);
    CHECK(points(*found) == "/var ");
}

TEST_CASE("mountinfo: octal escapes are decoded, other backslashes stay") {
    CHECK(decode_mount_path("/a\\040b") == "/a b");
    CHECK(decode_mount_path("/tab\\011nl\\012bs\\134") == "/tab\tnl\nbs\\");
    CHECK(decode_mount_path("/a\\04") == "/a\\04");
    CHECK(decode_mount_path("/a\\x40b") == "/a\\x40b");
    CHECK(decode_mount_path("") == "");
    CHECK(decode_mount_path(std::string(500, 'x')).truncated());
}

TEST_CASE("mountinfo: beneath means at a directory's boundary") {
    CHECK(is_beneath("/srv", "/srv"));
    CHECK(is_beneath("/srv/a", "/srv"));
    CHECK_FALSE(is_beneath("/srvx", "/srv"));
    CHECK_FALSE(is_beneath("/", "/srv"));
    CHECK(is_beneath("/anything", "/"));
    CHECK_FALSE(is_beneath("pipe:[123]", "/"));
    CHECK_FALSE(is_beneath("", "/"));
}

TEST_CASE("mountinfo: the device of a mount is the one mounted last") {
    const char* text =
        "22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw\n"
        "30 22 0:31 / /srv rw - tmpfs tmpfs rw\n"
        "31 22 7:0 / /srv rw - ext4 /dev/loop0 rw\n"
        "32 22 0:40 / /run rw - tmpfs tmpfs rw\n";
    CHECK(device_of_mount(text, "/") == "vda");
    CHECK(device_of_mount(text, "/srv") == "loop0");
    CHECK(device_of_mount(text, "/run").empty());
    CHECK(device_of_mount(text, "/none").empty());
    CHECK(device_of_mount("garbage", "/").empty());
}

TEST_CASE("mountinfo: a line of another form is a parse error that quotes it") {
    const auto ignore = [](const MountLine&) {};
    for (const char* text : {"hello\n", "1 2 8:1 / /a rw shared:1\n", "1 2 8:1 / /a rw -\n",
                             "1 2 81 / /a rw - ext4 x rw\n", "x 2 8:1 / /a rw - ext4 x rw\n",
                             "1 2 8:1 / relative rw - ext4 x rw\n"}) {
        CAPTURE(text);
        const auto status = parse_mountinfo(text, ignore);
        REQUIRE_FALSE(status);
        CHECK(status.error().text.view().find("got '") != std::string_view::npos);
    }
    for (const std::string& text : test::hostile_texts()) {
        if (!text.empty()) CHECK_FALSE(local_mounts(text));
    }
    const auto good = test::read_text("tests/fixtures/hosts/debian12-6.1/proc/self/mountinfo");
    test::parse_all_beginnings(good, [](std::string_view text) { (void)local_mounts(text); });
}

TEST_CASE("mountinfo: the mount above a path is the deepest one") {
    const std::string_view text =
        "29 23 8:1 / / rw - ext4 /dev/sda1 rw\n"
        "30 29 8:2 / /var rw - ext4 /dev/sda2 rw\n"
        "31 30 8:3 / /var/log rw - ext4 /dev/sda3 rw\n";
    CHECK(mount_above(text, "/var/log/app.log") == "/var/log");
    CHECK(mount_above(text, "/var/logs/app.log") == "/var");
    CHECK(mount_above(text, "/srv") == "/");
    CHECK(mount_above("", "/srv").empty());
    for (const std::string& hostile : test::hostile_texts()) {
        CHECK(mount_above(hostile, "/srv").empty());
    }
}
