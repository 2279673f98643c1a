// `homeostat replay` with one ingredient left out: what scripts/ablation.sh measures with.
//
//     HOMEOSTAT_WITHOUT=NAME ablation_probe <IN.csv >OUT.csv      nothing: with all of them
//     ablation_probe --list                                       their names
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <string_view>

#include "detectors/ingredients.hpp"
#include "detectors/replay.hpp"

namespace homeostat {
namespace {

std::string_view left_out() {
    const char* name = std::getenv("HOMEOSTAT_WITHOUT");
    return name == nullptr ? "nothing" : name;
}

}  // namespace

bool uses(Ingredient ingredient) {
    static const std::string_view without = left_out();
    return kIngredientNames[static_cast<std::size_t>(ingredient)] != without;
}

}  // namespace homeostat

int main(int argc, char** argv) {
    using namespace homeostat;
    if (argc == 2 && std::strcmp(argv[1], "--list") == 0) {
        for (const std::string_view name : kIngredientNames) std::cout << name << ' ';
        std::cout << '\n';
        return 0;
    }
    std::ios::sync_with_stdio(false);
    const Status done = replay_csv(std::cin, std::cout);
    if (!done) std::cerr << done.error().text.view() << "\n";
    return done ? 0 : 1;
}
