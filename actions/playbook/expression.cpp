#include "actions/playbook/expression.hpp"

#include <algorithm>

namespace homeostat::playbook {

std::size_t height_of(const Expr& expr) {
    std::size_t highest = 0;
    for (const Expr& part : expr.parts) highest = std::max(highest, height_of(part));
    return highest + 1;
}

void for_each_name(const Expr& expr, FunctionRef<void(const std::string&)> visit) {
    if (expr.op == Expr::Op::Name) visit(expr.text);
    for (const Expr& part : expr.parts) for_each_name(part, visit);
}

void for_each_literal_text(const Expr& expr, FunctionRef<void(const std::string&)> visit) {
    if (expr.op == Expr::Op::Literal && expr.literal.is_text()) visit(expr.literal.text());
    for (const Expr& part : expr.parts) for_each_literal_text(part, visit);
}

}  // namespace homeostat::playbook
