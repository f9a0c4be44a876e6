#include <gtest/gtest.h>

#include "config/reader.h"
#include "config/reader_cases.h"

namespace anneal::config {
namespace {

class Textproto : public ::testing::TestWithParam<ReaderCase> {};

TEST_P(Textproto, IsRead) { ExpectReads(ReadTextproto, GetParam()); }

INSTANTIATE_TEST_SUITE_P(
    Grammar, Textproto,
    ::testing::ValuesIn<ReaderCase>({
        {"Integers", "a: 1 b: -2 c: 0x1F d: 9223372036854775807",
         "{a: 1, b: -2, c: 31, d: 9223372036854775807}"},
        {"TheSmallestInteger", "a: -9223372036854775808",
         "{a: -9223372036854775808}"},
        {"ALeadingZeroIsOctal", "a: 017", "{a: 15}"},
        {"IntegersBeyond64BitsAreReals", "a: 18446744073709551615",
         "{a: 1.8446744073709552e+19}"},
        {"Reals", "a: 0.5 b: -1e-3 c: 1.5f d: inf e: -inf f: nan",
         "{a: 0.5, b: -0.001, c: 1.5, d: .inf, e: -.inf, f: .nan}"},
        {"Bools", "a: true b: False", "{a: true, b: false}"},
        {"EnumWords", "mode: SLOW", "{mode: SLOW}"},
        {"Strings", "a: \"x\\n\" b: 'y' c: \"con\" 'cat'",
         "{a: \"x\\n\", b: y, c: concat}"},
        {"Messages", "a { b: 1 } c: { d: 2 } e < f: 3 >",
         "{a: {b: 1}, c: {d: 2}, e: {f: 3}}"},
        {"Lists", "a: [1, 2] b: []", "{a: [1, 2], b: []}"},
        {"AFieldGivenSeveralTimesIsAList", "a: 1 b: 0 a: 2 a: [3, 4]",
         "{a: [1, 2, 3, 4], b: 0}"},
        {"MessagesGivenSeveralTimes", "a { b: 1 } a { b: 2 }",
         "{a: [{b: 1}, {b: 2}]}"},
        {"AnEntryOfAMapIsAListOfOne", "m { key: \"a\" value: 1 } n { key: 1 }",
         "{m: [{key: a, value: 1}], n: {key: 1}}"},
        {"Separators", "a: 1, b: 2; c: 3", "{a: 1, b: 2, c: 3}"},
        {"Comments", "# one\na: 1 # two\n", "{a: 1}"},
        {"AnAny",
         "optimizer { [type.googleapis.com/anneal.SGDConfig] { lr: 0.1 } }",
         "{optimizer: {type: anneal.SGDConfig, lr: 0.1}}"},
        {"AnAnyInAList", "hook { [x.y/A] {} } hook { [x.y/B] < c: 1 > }",
         "{hook: [{type: A}, {type: B, c: 1}]}"},
        {"TypeAsAField", "optimizer { type: \"SGD\" lr: 0.1 }",
         "{optimizer: {type: SGD, lr: 0.1}}"},
    }),
    NameOf<ReaderCase>);

class TextprotoError : public ::testing::TestWithParam<ReaderError> {};

TEST_P(TextprotoError, TellsPlaceAndRemedy) {
  ExpectRefuses(ReadTextproto, GetParam());
}

INSTANTIATE_TEST_SUITE_P(
    Errors, TextprotoError,
    ::testing::ValuesIn<ReaderError>({
        {"NoColon", "a: 1\nb 2\n", "2:3", "expected \":\" or \"{\" after b"},
        {"NoName", "1: 2\n", "1:1", "expected a field's name, found \"1\""},
        {"NoValue", "a: }", "1:4", "expected a value, found \"}\""},
        {"EndsBeforeAValue", "a:", "1:3", "the file ends before a value"},
        {"EndsInAMessage", "a {\n  b: 1\n", "3:1",
         "the file ends before \"}\""},
        {"EndsInAList", "a: [1", "1:6", "expected \",\" or \"]\""},
        {"EndsInAType", "a { [x.y/A", "1:11", "expected \"]\""},
        {"NoMessageOfAType", "a { [x.y/A]: 1 }", "1:14", "expected \"{\""},
        {"TwoTypes", "a { [x/A] {} [x/B] {} }", "1:15", "all that its message"},
        {"WrongBracket", "a { b: 1 >", "1:10", "expected a field's name"},
        {"UnclosedQuote", "a: \"x\nb: 1", "1:6", "line boundaries"},
        {"MinusBeforeAWord", "a: -fast", "1:5", "only a number"},
        {"StrayCharacter", "a: 1\n\x01", "2:1", "control"},
    }),
    NameOf<ReaderError>);

}  // namespace
}  // namespace anneal::config
