#include <gtest/gtest.h>

#include "config/reader.h"
#include "config/reader_cases.h"

namespace anneal::config {
namespace {

class Json : public ::testing::TestWithParam<ReaderCase> {};

TEST_P(Json, IsRead) { ExpectReads(ReadJson, GetParam()); }

INSTANTIATE_TEST_SUITE_P(
    Grammar, Json,
    ::testing::ValuesIn<ReaderCase>({
        {"Words", "[true, false, null]", "[true, false, null]"},
        {"Integers", "[0, -1, 9223372036854775807]",
         "[0, -1, 9223372036854775807]"},
        {"Reals", "[0.5, 1e3, -2.5E-3, 1E+2]", "[0.5, 1000.0, -0.0025, 100.0]"},
        {"IntegersBeyond64BitsAreReals", "[99999999999999999999]", "[1e+20]"},
        {"PythonsSpecialNumbers", "[NaN, Infinity, -Infinity]",
         "[.nan, .inf, -.inf]"},
        {"Escapes", R"(["\"\\\/\b\f\n\r\t"])", R"(["\"\\/\b\f\n\r\t"])"},
        {"UnicodeEscapes", R"(["\u0041\u00e9\u20AC\ud83d\ude00"])",
         "[A\u00e9\u20ac\U0001F600]"},
        {"Utf8", "[\"a\u00e9\"]", "[a\u00e9]"},
        {"EmptyListAndDict", R"({"a": [ ], "b": { }})", "{a: [], b: {}}"},
        {"Nested", R"({"a": {"b": [{"c": 1}]}})", "{a: {b: [{c: 1}]}}"},
    }),
    NameOf<ReaderCase>);

class JsonError : public ::testing::TestWithParam<ReaderError> {};

TEST_P(JsonError, TellsPlaceAndRemedy) { ExpectRefuses(ReadJson, GetParam()); }

INSTANTIATE_TEST_SUITE_P(
    Errors, JsonError,
    ::testing::ValuesIn<ReaderError>({
        {"EndsInADict", "{\"a\": 1,\n", "2:1", "a key in double quotes"},
        {"EndsInAList", "[1, 2", "1:6", "expected \",\" or \"]\""},
        {"EndsInAString", "[\"ab", "1:5", "ends inside a string"},
        {"EndsInAnEscape", "[\"ab\\", "1:5", "ends inside a string"},
        {"EndsBeforeAValue", "{\"a\":", "1:6", "ends inside a value"},
        {"NoComma", "{\"a\": 1 \"b\": 2}", "1:9", "expected \",\" or \"}\""},
        {"TrailingComma", "{\"a\": 1,}", "1:9", "a key in double quotes"},
        {"TrailingCommaInAList", "[1,]", "1:4", "expected a value"},
        {"NoColon", "{\"a\" 1}", "1:6", "expected \":\""},
        {"KeyWithoutQuotes", "{a: 1}", "1:2", "a key in double quotes"},
        {"StringWithoutQuotes", "{\"a\":\n  fast}", "2:3",
         "found \"fast\"; strings need double quotes"},
        {"SingleQuotes", "['a']", "1:2", "found \"'\""},
        {"Comment", "{} // x", "1:4", "nothing may follow"},
        {"MoreThanOneValue", "{}\n{}", "2:1", "nothing may follow"},
        {"LineBreakInAString", "[\"a\nb\"]", "1:4", "close its quotes"},
        {"TabInAString", "[\"a\tb\"]", "1:4", "control character"},
        {"UnknownEscape", "[\"\\x41\"]", "1:3", "unknown escape"},
        {"SignInAUnicodeEscape", "[\"\\u+123\"]", "1:3", "unknown escape"},
        {"PrefixInAUnicodeEscape", "[\"\\u0x1F\"]", "1:3", "unknown escape"},
        {"HighSurrogateAlone", "[\"\\ud83d x\"]", "1:9", "surrogate"},
        {"LowSurrogateAlone", "[\"\\ude00\"]", "1:9", "surrogate"},
        {"LeadingZero", "[01]", "1:2", "found \"01\""},
        {"NoDigitsAfterThePoint", "[1.]", "1:2", "found \"1.\""},
        {"NoDigitsBeforeThePoint", "[.5]", "1:2", "found \".5\""},
        {"NoDigitsInTheExponent", "[1e+]", "1:2", "found \"1e+\""},
        {"Plus", "[+1]", "1:2", "found \"+1\""},
        {"Hex", "[0x10]", "1:2", "found \"0x10\""},
        {"PythonsInf", "[-inf]", "1:2", "found \"-inf\""},
        {"TheSameKeyTwice", "{\"a\": 1,\n \"a\": 2}", "2:2", "given twice"},
        {"ColumnsCountCharacters", "[\"\u00e9\u20ac\", x]", "1:8", "found"},
    }),
    NameOf<ReaderError>);

}  // namespace
}  // namespace anneal::config
