#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <vector>

#include "agent/cli/command.hpp"
#include "agent/config/config.hpp"
#include "agent/model_store.hpp"
#include "agent/series_page.hpp"
#include "core/file.hpp"

namespace homeostat {
namespace {

struct Options {
    std::string name;
    std::string state = kStateDirectory;
    bool json = false;
};

bool is_meant(const SavedModel& saved, const std::string& name) {
    return name.empty() || saved.metric == name || saved.subject == name;
}

std::vector<SavedModel> by_name(const ModelBank& bank) {
    std::vector<SavedModel> all;
    for (const ModelBank::Entry& entry : bank.entries()) all.push_back(entry.model);
    std::sort(all.begin(), all.end(), [](const SavedModel& a, const SavedModel& b) {
        return a.metric != b.metric ? a.metric < b.metric : a.subject < b.subject;
    });
    return all;
}

void show_series(Session& session, const Options& options) {
    const std::string path = options.state + "/" + kModelsFile;
    auto content = read_file(path, kModelsBytesMax);
    auto load = content ? decode_models(std::move(*content)) : Result<ModelLoad>(content.error());
    if (!load) {
        session.errors << "homeostat: " << path << ": " << load.error().text.view() << "\n"
                       << "It is written by `homeostat run`, every quarter of an hour.\n";
        session.exit_code = 1;
        return;
    }
    const Instant now = session.host.clock.now();
    const std::int64_t utc_offset = session.host.clock.utc_offset_seconds(now);
    std::size_t shown = 0;
    for (const SavedModel& saved : by_name(*load->bank)) {
        SeriesModel model;
        if (saved.kind != ModelKind::Series || !is_meant(saved, options.name)) continue;
        if (!read_bytes(saved.state, model)) continue;
        if (options.json) {
            session.out << series_json(saved, model, utc_offset) << "\n";
        } else if (options.name.empty()) {
            session.out << (shown == 0 ? series_header() : "") << series_row(saved, model);
        } else {
            session.out << (shown == 0 ? "" : "\n")
                        << series_page(saved, model, now.unix_ns, utc_offset);
        }
        ++shown;
    }
    if (shown > 0) return;
    session.errors << "homeostat: no series '" << options.name
                   << "'; `homeostat series` lists all\n";
    session.exit_code = 1;
}

}  // namespace

void add_series_command(CLI::App& app, Session& session) {
    const auto options = std::make_shared<Options>();
    CLI::App* command = app.add_subcommand("series", "What has been learned of each series");
    command->add_option("NAME", options->name, "A metric or a subject: draws its usual day");
    command->add_option("--state", options->state, "State directory")->capture_default_str();
    command->add_flag("--json", options->json, "One JSON object a line");
    command->footer("Example: homeostat series load1");
    command->callback([&session, options] { show_series(session, *options); });
}

}  // namespace homeostat
