#include "detectors/log_words.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace homeostat;

namespace {

// The words with one blank between them; values as <*>, names in ~tildes~.
std::string read(std::string_view line) {
    std::string all;
    for (const LogWord& word : log_words(line)) {
        if (!all.empty()) all += ' ';
        if (word.kind == WordKind::Value) {
            all += "<*>";
        } else if (word.kind == WordKind::Soft) {
            all += "~" + std::string(word.text) + "~";
        } else {
            all += word.text;
        }
    }
    return all;
}

}  // namespace

TEST_CASE("log words: values are told by their looks") {
    struct Row {
        std::string_view line;
        std::string_view words;
    };
    for (const Row& row : {
             Row{"eth0: link up, 1000Mbps", "<*> : link up , <*>"},
             Row{"mounted /dev/sda1 at /srv", "mounted <*> at <*>"},
             Row{"'/srv/a b' is gone", "' <*> b ' is gone"},
             Row{"connection from www.example.org closed", "connection from <*> closed"},
             Row{"main.loop stopped", "main.loop stopped"},
             Row{"mask ffffffff set", "mask <*> set"},
             Row{"dead beef", "dead beef"},
             Row{"at Mon Jun 20 03:40:59 2005", "at <*>"},
             Row{"session closed for user root", "session closed for user <*>"},
             Row{"user=root", "user = root"},
             Row{"rhost=example.org", "rhost = <*>"},
             Row{"load rpc.statd", "load rpc.statd"},
             Row{"wrote snd-hda now", "wrote ~snd-hda~ now"},
         }) {
        CAPTURE(row.line);
        CHECK(read(row.line) == row.words);
    }
}

TEST_CASE("log words: values that belong together are one") {
    struct Row {
        std::string_view line;
        std::string_view words;
    };
    for (const Row& row : {
             Row{"403 bytes sent", "<*> sent"},
             Row{"5002 bytes (4.9 KB) sent", "<*> sent"},
             Row{"took <1 sec", "took <*>"},
             Row{"took 00:12", "took <*>"},
             Row{"from 10.0.0.1 () at 3", "from <*> at <*>"},
             Row{"from 10.0.0.1 (host.example.net) at 3", "from <*> at <*>"},
             Row{"init() done", "init done"},
             Row{"seen 10.0.0.1,10.0.0.2:80 twice", "seen <*> twice"},
             Row{"example.org:443 open", "<*> open"},
             Row{"hw 00:0D:EA:5f:aa:01 up", "hw <*> up"},
             Row{"tag \"one\" kept", "tag <*> kept"},
             Row{"tag \"two words\" kept", "tag \" two words \" kept"},
             Row{"GET /a?b=c&d=e 200", "GET <*>"},
         }) {
        CAPTURE(row.line);
        CHECK(read(row.line) == row.words);
    }
}

TEST_CASE("log words: empty, binary and endless lines are only short or long") {
    CHECK(log_words("").empty());
    CHECK(log_words(" \t\r\n").empty());
    CHECK(log_words(std::string_view("\0\x01\x02", 3)).empty());
    CHECK(read("caf\xc3\xa9 gar\xff") == "caf\xc3\xa9 gar\xff");
    std::string many;
    for (int i = 0; i < 10000; ++i) many += "word ";
    CHECK(log_words(many).size() == kLogWordsMax);
    CHECK(log_words(std::string(1000000, '(')).size() == kLogWordsMax);
    CHECK(log_words(std::string(1000000, '7')).size() == 1);
}

TEST_CASE("log words: a blank before a word is remembered, but not before the first") {
    const LogWords words = log_words("  a (b c");
    REQUIRE(words.size() == 4);
    CHECK_FALSE(words[0].spaced);
    CHECK(words[1].spaced);
    CHECK_FALSE(words[2].spaced);
    CHECK(words[3].spaced);
}
