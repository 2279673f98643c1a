#include "collectors/mounts.hpp"

#include <doctest/doctest.h>

#include "collectors/mount_prober.hpp"
#include "tests/collectors/fixture_host.hpp"

using namespace homeostat;
using test::Watch;

namespace {

constexpr std::uint64_t kGiB = 1ULL << 30U;

// 100 GiB, 20 free, 15 of them for everybody: df says 85 %.
constexpr FilesystemUsage kUsage{.size_bytes = 100 * kGiB,
                                 .free_bytes = 20 * kGiB,
                                 .available_bytes = 15 * kGiB,
                                 .files = 1000,
                                 .files_free = 250,
                                 .read_only = true};

}  // namespace

TEST_CASE("mounts: each local file system's space, inodes and state") {
    Watch watch;
    MountsCollector mounts(watch.bench);
    auto root = test::load_host("kernel-4.18");
    root.set_usage("", kUsage);
    root.set_usage("boot", kUsage);
    REQUIRE(watch.collect(mounts, root));
    const auto at = [&](std::string_view metric, std::string_view point) {
        return *watch.value(metric, SubjectKind::Mount, point);
    };
    CHECK(at("filesystem_size_bytes", "/") == 100.0 * kGiB);
    CHECK(at("filesystem_avail_bytes", "/") == 15.0 * kGiB);
    CHECK(at("filesystem_used_ratio", "/") == doctest::Approx(80.0 / 95));
    CHECK(at("filesystem_files", "/") == 1000);
    CHECK(at("filesystem_files_used_ratio", "/") == doctest::Approx(0.75));
    CHECK(at("filesystem_read_only", "/") == 1);      // the superblock is
    CHECK(at("filesystem_read_only", "/boot") == 0);  // statvfs said so of one mount only
    CHECK(*watch.value("filesystems_untracked_count") == 0);
}

TEST_CASE("mounts: what is not watched is told by one of its names, for as long as it is there") {
    const auto line = [](int id, const std::string& point, const char* type) {
        return fmt::format("{} 1 8:{} / {} rw - {} /dev/x rw\n", id, id, point, type);
    };
    const std::string globalmount =
        "/var/lib/kubelet/plugins/kubernetes.io/csi/" + std::string(81, 'f') + "/globalmount";
    REQUIRE(globalmount.size() == 136);
    std::string crowd;
    for (int i = 0; i < 70; ++i) crowd += line(10 + i, fmt::format("/m{}", i), "ext4");
    Watch watch;
    MountsCollector mounts(watch.bench);
    const auto limit_with = [&](const std::string& list) {
        auto root = test::load_host("kernel-4.18");
        root.set("proc/self/mountinfo", list);
        REQUIRE(watch.collect(mounts, root));
        return std::string(mounts.limit());
    };
    CHECK(limit_with(line(2, "/a", "ext4")).empty());
    for (const char* type : {"ext4", "nfs4"}) {
        CAPTURE(type);
        CHECK(limit_with(line(2, globalmount, type)) ==
              "not watched: mount points of more than 127 bytes, such as " +
                  globalmount.substr(0, 127) + "...");
        CHECK(*watch.value("filesystems_untracked_count") == 1);
    }
    CHECK(limit_with(crowd) == "not watched: more than 64 local or 32 remote mounts, such as /m64");
    CHECK(limit_with(line(2, "/a", "ext4")).empty());
}

TEST_CASE("mounts: a file system without inodes or size says so by silence") {
    CHECK_FALSE(used_ratio({}));
    CHECK_FALSE(used_ratio({.size_bytes = 10, .free_bytes = 11}));
    CHECK_FALSE(files_used_ratio({.size_bytes = 10}));
    CHECK_FALSE(files_used_ratio({.files = 10, .files_free = 11}));
    CHECK(*used_ratio({.size_bytes = 10}) == 1);
    CHECK(*files_used_ratio({.files = 10, .files_free = 10}) == 0);
}

TEST_CASE("mounts: one that does not answer is counted and told, the others are reported") {
    class Broken final : public Root {
    public:
        explicit Broken(const Root& root) : root_(root) {}
        Result<std::string_view> read(const char* path, std::span<char> buffer) const override {
            return root_.read(path, buffer);
        }
        Result<std::string_view> read(KeptFile& file, std::span<char> buffer) const override {
            return root_.read(file, buffer);
        }
        Result<std::string_view> read_link(const char* path,
                                           std::span<char> buffer) const override {
            return root_.read_link(path, buffer);
        }
        Status list(const char* path, FunctionRef<bool(std::string_view)> visit) const override {
            return root_.list(path, visit);
        }
        Result<FilesystemUsage> filesystem_usage(const char* path) const override {
            if (std::string_view(path) == "/") return kUsage;
            return make_error(Errc::Io, "statvfs {}: Input/output error", path);
        }

    private:
        const Root& root_;
    };
    const auto host = test::load_host("kernel-4.18");
    const Broken root(host);
    Watch watch;
    MountsCollector mounts(watch.bench);
    const auto status = watch.collect(mounts, root);
    REQUIRE_FALSE(status);
    CHECK(status.error().text == "statvfs /boot: Input/output error");
    CHECK(watch.value("filesystem_used_ratio", SubjectKind::Mount, "/"));
    CHECK_FALSE(watch.value("filesystem_used_ratio", SubjectKind::Mount, "/boot"));
    CHECK(*watch.value("filesystems_unknown_count") == 1);
}

TEST_CASE("mounts: a mount point that is not there for us is no failure") {
    Watch watch;
    MountsCollector mounts(watch.bench);
    auto root = test::load_host("container-6.18");  // /etc/hosts is a mounted file
    root.set_usage("", kUsage);
    REQUIRE(watch.collect(mounts, root));
    CHECK(*watch.value("filesystems_unknown_count") == 0);
    CHECK(watch.value("filesystem_used_ratio", SubjectKind::Mount, "/"));
}

TEST_CASE("mounts: those that may hang are asked by the helper, seldom, and told when they hang") {
    class Scripted final : public MountProber {
    public:
        MountAnswer ask(const char* mount_point, Instant) override {
            ++asked;
            CHECK(std::string_view(mount_point) == "/mnt/home dirs");
            return next;
        }
        MountAnswer next;
        int asked = 0;
    };
    Scripted prober;
    WorkbenchSettings settings;
    settings.mount_prober = &prober;
    Watch watch;
    Workbench bench(settings);
    MountsCollector mounts(bench);
    auto root = test::load_host("storage-5.15");
    root.set_usage("", kUsage);
    const auto at = [&](std::string_view metric) {
        return watch.value(metric, SubjectKind::Mount, "/mnt/home dirs");
    };
    prober.next = {.state = MountAnswer::State::Known, .usage = kUsage};
    REQUIRE(watch.collect(mounts, root));
    CHECK(*at("filesystem_used_ratio") == doctest::Approx(80.0 / 95));
    CHECK(*at("mount_hung") == 0);

    watch.clock.advance(seconds(2));
    REQUIRE(watch.collect(mounts, root));
    CHECK(prober.asked == 1);

    watch.clock.advance(seconds(8));
    prober.next = {.state = MountAnswer::State::Waiting, .waiting = seconds(14)};
    REQUIRE(watch.collect(mounts, root));
    CHECK(*at("mount_hung") == 0);  // late, but so is a busy server
    CHECK_FALSE(at("filesystem_used_ratio"));

    watch.clock.advance(seconds(4));  // sooner, while one waits
    prober.next.waiting = seconds(18);
    REQUIRE(watch.collect(mounts, root));
    CHECK(*at("mount_hung") == 1);
    CHECK(*watch.value("filesystems_unknown_count") == 1);
    CHECK(watch.value("filesystem_used_ratio", SubjectKind::Mount, "/"));

    watch.clock.advance(seconds(10));
    prober.next = {.state = MountAnswer::State::Failed, .error_number = 107};
    REQUIRE(watch.collect(mounts, root));
    CHECK(*at("mount_hung") == 0);
    CHECK(*watch.value("filesystems_unknown_count") == 1);
}
