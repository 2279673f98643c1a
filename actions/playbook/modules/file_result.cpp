#include "actions/playbook/modules/file_result.hpp"

namespace homeostat::playbook {
namespace {

Value seconds_of(const timespec& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

Value whole(std::uint64_t number) {
    return static_cast<std::int64_t>(number);
}

}  // namespace

Result<Attributes> read_attributes(const ModuleCall& call) {
    Attributes attributes;
    const Parameters& parameters = call.parameters;
    if (parameters.knows("mode")) {
        attributes.mode = static_cast<mode_t>(parameters.integer("mode", 0));
    }
    if (!parameters.has("owner") && !parameters.has("group")) return attributes;
    const Accounts accounts(call.environment.root);
    if (const std::string owner = parameters.text("owner"); !owner.empty()) {
        attributes.uid = accounts.uid(owner);
        if (!attributes.uid) return make_error(Errc::NotFound, "no user is called '{}'", owner);
    }
    if (const std::string group = parameters.text("group"); !group.empty()) {
        attributes.gid = accounts.gid(group);
        if (!attributes.gid) return make_error(Errc::NotFound, "no group is called '{}'", group);
    }
    return attributes;
}

std::string mode_text(mode_t mode) {
    return fmt::format("{:04o}", mode & 07777U);
}

std::string_view kind_of(mode_t mode) {
    if (S_ISREG(mode)) return "file";
    if (S_ISDIR(mode)) return "directory";
    if (S_ISLNK(mode)) return "link";
    if (S_ISFIFO(mode)) return "fifo";
    if (S_ISSOCK(mode)) return "socket";
    return S_ISBLK(mode) ? "block" : "char";
}

Map stat_fields(const std::string& path, const struct stat& info, const Accounts& accounts) {
    return {{"path", path},
            {"mode", mode_text(info.st_mode)},
            {"size", whole(static_cast<std::uint64_t>(info.st_size))},
            {"uid", whole(info.st_uid)},
            {"gid", whole(info.st_gid)},
            {"pw_name", accounts.user_name(info.st_uid)},
            {"gr_name", accounts.group_name(info.st_gid)},
            {"isreg", S_ISREG(info.st_mode)},
            {"isdir", S_ISDIR(info.st_mode)},
            {"islnk", S_ISLNK(info.st_mode)},
            {"mtime", seconds_of(info.st_mtim)},
            {"atime", seconds_of(info.st_atim)},
            {"ctime", seconds_of(info.st_ctim)},
            {"nlink", whole(info.st_nlink)},
            {"inode", whole(info.st_ino)},
            {"dev", whole(info.st_dev)}};
}

void add_state(Map& fields, const struct stat& info) {
    fields.set("mode", mode_text(info.st_mode));
    fields.set("uid", whole(info.st_uid));
    fields.set("gid", whole(info.st_gid));
    fields.set("size", whole(static_cast<std::uint64_t>(info.st_size)));
    fields.set("state", kind_of(info.st_mode));
}

}  // namespace homeostat::playbook
