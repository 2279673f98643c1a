#include "actions/playbook/expression_binder.hpp"

#include <algorithm>
#include <iterator>

#include "actions/playbook/functions.hpp"
#include "actions/playbook/regex.hpp"

namespace homeostat::playbook {
namespace {

using Op = Expr::Op;

// One call that is being bound. Every function returns false after the first error.
class Binder {
public:
    Binder(Expr& out, CallArguments given, std::size_t at, ExpressionError& error)
        : out_(out), given_(std::move(given)), at_(at), error_(error) {}

    bool bind_filter() {
        const FilterSpec& filter = *out_.filter;
        const bool by_attribute = filter.inner == Inner::Filter && !given_.named.empty();
        if (filter.inner != Inner::None && !by_attribute) return bind_inner(filter);
        if (given_.positional.size() > filter.positional_max) {
            return fail("'{}' takes at most {} arguments", filter.name, filter.positional_max);
        }
        std::vector<Expr> places(kParametersMax);
        for (Expr& place : places) place.op = Op::Absent;
        std::move(given_.positional.begin(), given_.positional.end(), places.begin());
        for (auto& [name, value] : given_.named) {
            if (!bind_named(filter, name, std::move(value), places)) return false;
        }
        for (std::size_t i = 0; i < filter.required; ++i) {
            if (places[i].op == Op::Absent) {
                return fail("'{}' needs '{}'", filter.name, filter.parameters[i]);
            }
        }
        if (filter.has_pattern && !check_pattern_of(places[0])) return false;
        append(std::move(places), 0);
        return true;
    }

    bool bind_test() {
        if (!given_.named.empty()) return fail("the test '{}' takes no names", out_.text);
        if (given_.positional.size() != out_.test->arguments) {
            return fail("the test '{}' takes {} arguments, not {}", out_.text, out_.test->arguments,
                        given_.positional.size());
        }
        if (out_.test->has_pattern && !check_pattern_of(given_.positional[0])) return false;
        append(std::move(given_.positional), 0);
        return true;
    }

private:
    template <typename... Args>
    bool fail(fmt::format_string<Args...> format, Args&&... args) {
        error_ = {at_, make_error(Errc::Parse, format, std::forward<Args>(args)...)};
        return false;
    }

    void append(std::vector<Expr> parts, std::size_t from) {
        for (std::size_t i = from; i < parts.size(); ++i) out_.parts.push_back(std::move(parts[i]));
    }

    bool bind_named(const FilterSpec& filter, const std::string& name, Expr value,
                    std::vector<Expr>& places) {
        const auto begin = std::begin(filter.parameters);
        const auto found = std::find(begin, std::end(filter.parameters), name);
        if (found == std::end(filter.parameters)) {
            return fail("'{}' has no argument called '{}'", filter.name, name);
        }
        Expr& place = places[static_cast<std::size_t>(found - begin)];
        if (place.op != Op::Absent) return fail("'{}' is given twice", name);
        place = std::move(value);
        return true;
    }

    // map('filter', ...), select('test', ...), selectattr('name'[, 'test', ...]).
    bool bind_inner(const FilterSpec& filter) {
        if (!given_.named.empty()) return fail("'{}' takes no named arguments", filter.name);
        std::size_t place = 0;
        if (filter.required > 0) {  // the attribute's name
            if (given_.positional.empty()) return fail("'{}' needs a name", filter.name);
            out_.parts.push_back(std::move(given_.positional[place++]));
            if (given_.positional.size() == 1) return true;
        }
        if (given_.positional.size() <= place) {
            return fail("'{}' needs the name of a {}", filter.name,
                        filter.inner == Inner::Filter ? "filter, or attribute=" : "test");
        }
        const Expr& name = given_.positional[place++];
        if (name.op != Op::Literal || !name.literal.is_text()) {
            return fail("the name that '{}' calls must be literal text", filter.name);
        }
        const std::string inner_name = name.literal.text();
        out_.inner_begin = out_.parts.size();
        append(std::move(given_.positional), place);
        return filter.inner == Inner::Filter ? find_inner_filter(inner_name)
                                             : find_inner_test(inner_name);
    }

    bool find_inner_filter(const std::string& name) {
        out_.inner_filter = find_filter(name);
        if (out_.inner_filter == nullptr) {
            return fail("no filter is called '{}'{}", name, filter_hint(name));
        }
        const FilterSpec& inner = *out_.inner_filter;
        if (inner.inner != Inner::None) return fail("'{}' cannot be called by map", name);
        const std::size_t count = out_.parts.size() - out_.inner_begin;
        if (count < inner.required || count > inner.positional_max) {
            return fail("'{}' cannot take {} arguments", name, count);
        }
        return !inner.has_pattern || count == 0 || check_pattern_of(out_.parts[out_.inner_begin]);
    }

    bool find_inner_test(const std::string& name) {
        out_.inner_test = find_test(name);
        if (out_.inner_test == nullptr) {
            return fail("no test is called '{}'{}", name, test_hint(name));
        }
        const std::size_t count = out_.parts.size() - out_.inner_begin;
        if (count != out_.inner_test->arguments) {
            return fail("the test '{}' takes {} arguments, not {}", name,
                        out_.inner_test->arguments, count);
        }
        return !out_.inner_test->has_pattern || check_pattern_of(out_.parts[out_.inner_begin]);
    }

    // A pattern that is written out is known to be one from now on.
    bool check_pattern_of(const Expr& pattern) {
        if (pattern.op != Op::Literal || !pattern.literal.is_text()) return true;
        const auto status = check_pattern(pattern.literal.text());
        return status || fail("{}", status.error().text);
    }

    Expr& out_;
    CallArguments given_;
    std::size_t at_;
    ExpressionError& error_;
};

}  // namespace

bool bind_filter(Expr& out, CallArguments given, std::size_t at, ExpressionError& error) {
    return Binder(out, std::move(given), at, error).bind_filter();
}

bool bind_test(Expr& out, CallArguments given, std::size_t at, ExpressionError& error) {
    return Binder(out, std::move(given), at, error).bind_test();
}

}  // namespace homeostat::playbook
