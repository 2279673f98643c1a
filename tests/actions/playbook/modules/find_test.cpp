#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <filesystem>
#include <vector>

#include "tests/actions/playbook/play_fixture.hpp"

namespace homeostat::playbook {
namespace fs = std::filesystem;

namespace {

// Files of known age against the hand-wound clock.
class Logs : public test::PlayFixture {
public:
    Logs() {
        extra.set("d", directory.path());
        add("app.log", 10, hours(1));
        add("app.log.1", 5000, hours(48));
        add("b.gz", 10, hours(24 * 20));
        add(".hidden.gz", 1, hours(24 * 60));
        add("sub/c.gz", 4096, hours(24 * 8));
        add("sub/deeper/d.gz", 1, hours(24 * 9));
        add(".git/config", 1, hours(1));
        fs::create_symlink("sub", directory / "link.gz");
    }

    // The names found, joined by blanks.
    std::string find(std::string_view parameters) {
        const auto report = run_tasks("    - find: {paths: '{{ d }}', " + std::string(parameters) +
                                      "}\n      register: r\n"
                                      "    - debug: {msg: \"{{ r.files | map(attribute='path') | "
                                      "map('replace', d ~ '/', '') | join(' ') }}\"}\n");
        if (!report) return "refused: " + std::string(report.error().text.view());
        if (report->failed) return "failed";
        return to_str(report->tasks[1].outcome.message);
    }

private:
    void add(std::string_view name, std::size_t size, Duration age) {
        const std::string path = directory.write(name, std::string(size, 'x'));
        const std::int64_t at = clock.now().unix_ns / 1'000'000'000 - age.ns / 1'000'000'000;
        const timespec times[2] = {{at, 0}, {at, 0}};
        ::utimensat(AT_FDCWD, path.c_str(), times, 0);
    }
};

}  // namespace

TEST_CASE("find: by name, age, size, kind and depth") {
    Logs logs;
    struct Row {
        std::string_view parameters;
        std::string_view names;
    };
    for (const Row& row : std::vector<Row>{
             {"patterns: '*'", "app.log app.log.1 b.gz"},
             {"patterns: '*.gz'", "b.gz"},
             {"patterns: '*.gz', recurse: true", "b.gz sub/c.gz sub/deeper/d.gz"},
             {"patterns: ['*.gz', '*.log.[0-9]'], recurse: true",
              "app.log.1 b.gz sub/c.gz sub/deeper/d.gz"},
             {"patterns: '*.GZ'", ""},
             {"patterns: '*', excludes: 'app*,d*', recurse: true", ".git/config b.gz sub/c.gz"},
             {"age: 2d", "app.log.1 b.gz"},
             {"age: -2d", "app.log app.log.1"},
             {"age: 3600", "app.log app.log.1 b.gz"},
             {"age: '3601'", "app.log.1 b.gz"},
             {"age: 1w, recurse: true", "b.gz sub/c.gz sub/deeper/d.gz"},
             {"size: 4k, recurse: true", "app.log.1 sub/c.gz"},
             {"size: -10", "app.log b.gz"},
             {"hidden: true, patterns: '.*'", ".hidden.gz"},
             {"hidden: true", ".hidden.gz app.log app.log.1 b.gz"},
             {"file_type: directory", "sub"},
             {"file_type: link", "link.gz"},
             {"file_type: any", "app.log app.log.1 b.gz link.gz sub"},
             {"file_type: any, size: 4k", "app.log.1 link.gz sub"},
             {"recurse: true, depth: 1, patterns: '*.gz'", "b.gz"},
             {"recurse: true, depth: 2, patterns: '*.gz'", "b.gz sub/c.gz"},
             {"patterns: '[!a]*'", "b.gz"},
             {"patterns: 'app.lo?'", "app.log"},
         }) {
        CAPTURE(row.parameters);
        CHECK(logs.find(row.parameters) == row.names);
    }
}

TEST_CASE("find: several paths, some not there, and the totals") {
    Logs logs;
    logs.directory.write("plainfile", "");
    const auto report = logs.run_tasks(
        "    - find: {paths: ['{{ d }}/sub', '{{ d }}/nosuch', '{{ d }}/plainfile']}\n      "
        "register: r\n"
        "    - debug: {msg: '{{ r.matched }} {{ r.examined }} {{ r.skipped_paths | length }} "
        "{{ r.files[0].size }} {{ r is changed }}'}\n");
    REQUIRE(report);
    CHECK(report->tasks[1].outcome.message.text() == "1 2 2 4096 False");
}

TEST_CASE("find: refused or failed") {
    Logs logs;
    for (const std::string_view parameters : {"age: 1y", "size: x", "depth: 0", "file_type: socket",
                                              "use_regex: true", "contains: x"}) {
        CAPTURE(parameters);
        CHECK(logs.find(parameters).starts_with("refused: "));
    }
}

}  // namespace homeostat::playbook
