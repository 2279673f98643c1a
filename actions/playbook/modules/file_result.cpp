#include "actions/playbook/modules/file_result.hpp"

#include <algorithm>

namespace homeostat::playbook {
namespace {

Value seconds_of(const timespec& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

Value whole(std::uint64_t number) {
    return static_cast<std::int64_t>(number);
}

}  // namespace

Result<Attributes> read_attributes(const ModuleCall& call, const PathGrant& grant) {
    Attributes attributes;
    const Parameters& parameters = call.parameters;
    if (parameters.knows("mode")) {
        attributes.mode = static_cast<mode_t>(parameters.integer("mode", 0));
        if (!grant.root.empty() && (*attributes.mode & kSpecialBits) != 0) {
            return make_error(Errc::Denied,
                              "mode {}: an action sets no set-user-id, set-group-id or sticky bit",
                              mode_text(*attributes.mode));
        }
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

ModuleResult refused(const Error& error) {
    return error.code == Errc::Denied ? denial(error) : failure(error);
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

StatFields::StatFields(const Accounts& accounts)
    : accounts_(accounts),
      keys_({"path", "size", "mtime", "atime", "ctime", "nlink", "inode", "mode", "uid", "gid",
             "pw_name", "gr_name", "isreg", "isdir", "islnk", "dev"},
            {}) {}

const MapShape& StatFields::shape_of(const struct stat& info) {
    const auto same = [&](const Kind& kind) {
        return kind.mode == info.st_mode && kind.uid == info.st_uid && kind.gid == info.st_gid &&
               kind.device == info.st_dev;
    };
    const auto known = std::find_if(kinds_.begin(), kinds_.end(), same);
    if (known != kinds_.end()) return known->shape;
    if (kinds_.size() == kKindsMax) kinds_.pop_back();
    kinds_.push_back(
        {.mode = info.st_mode,
         .uid = info.st_uid,
         .gid = info.st_gid,
         .device = info.st_dev,
         .shape = {keys_,
                   {mode_text(info.st_mode), whole(info.st_uid), whole(info.st_gid),
                    accounts_.user_name(info.st_uid), accounts_.group_name(info.st_gid),
                    S_ISREG(info.st_mode), S_ISDIR(info.st_mode), S_ISLNK(info.st_mode),
                    whole(info.st_dev)}}});
    return kinds_.back().shape;
}

Map StatFields::of(const std::string& path, const struct stat& info) {
    return shape_of(info).with({path, whole(static_cast<std::uint64_t>(info.st_size)),
                                seconds_of(info.st_mtim), seconds_of(info.st_atim),
                                seconds_of(info.st_ctim), whole(info.st_nlink),
                                whole(info.st_ino)});
}

void add_state(Map& fields, const struct stat& info) {
    fields.set("mode", mode_text(info.st_mode));
    fields.set("uid", whole(info.st_uid));
    fields.set("gid", whole(info.st_gid));
    fields.set("size", whole(static_cast<std::uint64_t>(info.st_size)));
    fields.set("state", kind_of(info.st_mode));
}

}  // namespace homeostat::playbook
