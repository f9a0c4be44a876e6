#include "fileio/pickle/pickle_machine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "fileio/pickle/pickle_builder.h"

namespace anneal {
namespace {

using ::testing::HasSubstr;

// "name(args)" of calls, "[...]" of lists and so on.
std::string Show(const PickleNode& node) {
  const auto show_all = [](const PickleNodes& nodes) {
    std::string out;
    for (const PickleNode* item : nodes) {
      absl::StrAppend(&out, out.empty() ? "" : " ", Show(*item));
    }
    return out;
  };
  if (const auto* flag = node.get_if<bool>()) return *flag ? "True" : "False";
  if (const auto* integer = node.get_if<int64_t>()) {
    return absl::StrCat(*integer);
  }
  if (const auto* real = node.get_if<double>()) return absl::StrCat(*real, "f");
  if (const auto* text = node.get_if<absl::string_view>()) {
    return absl::StrCat("'", *text, "'");
  }
  if (const auto* global = node.get_if<PickleGlobal>()) return global->name;
  if (const auto* sequence = node.get_if<PickleSequence>()) {
    return absl::StrCat(sequence->is_tuple ? "(" : "[",
                        show_all(sequence->items),
                        sequence->is_tuple ? ")" : "]");
  }
  if (const auto* dict = node.get_if<PickleDict>()) {
    return absl::StrCat("{", show_all(dict->items), "}");
  }
  if (const auto* call = node.get_if<PickleCall>()) {
    return absl::StrCat(
        call->callee->name, "(", show_all(call->args->items), ")",
        call->state ? absl::StrCat("<", Show(*call->state), ">") : "",
        call->items.empty() ? "" : "{" + show_all(call->items) + "}",
        call->appended.empty() ? "" : "[" + show_all(call->appended) + "]");
  }
  if (const auto* reference = node.get_if<PickleReference>()) {
    return absl::StrCat("@", Show(*reference->id));
  }
  return "None";
}

// A byte string with NULs.
template <size_t size>
std::string Raw(const char (&bytes)[size]) {
  return std::string(bytes, size - 1);
}

struct Program {
  const char* name;
  std::string opcodes;
  // What it makes, or a word of the error.
  std::string result;
};

std::string NameOf(const ::testing::TestParamInfo<Program>& info) {
  return info.param.name;
}

class OpcodeTest : public ::testing::TestWithParam<Program> {};

TEST_P(OpcodeTest, Makes) {
  const std::string bytes = GetParam().opcodes + ".rest";

  const absl::StatusOr<PickleGraph> graph = RunPickle(bytes, {});

  ASSERT_TRUE(graph.ok()) << graph.status();
  EXPECT_EQ(Show(*graph->root), GetParam().result);
  EXPECT_EQ(graph->size, bytes.size() - 4);
}

INSTANTIATE_TEST_SUITE_P(
    Each, OpcodeTest,
    ::testing::Values(
        Program{"Proto", "\x80\x02N", "None"}, Program{"None", "N", "None"},
        Program{"NewTrue", "\x88", "True"},
        Program{"NewFalse", "\x89", "False"},
        Program{"BinInt", Raw("J\xfe\xff\xff\xff"), "-2"},
        Program{"BinInt1", "K\xff", "255"},
        Program{"BinInt2", "M\xff\xff", "65535"},
        Program{"Long1", Raw("\x8a\x02\x00\x80"), "-32768"},
        Program{"Long1Empty", Raw("\x8a\x00"), "0"},
        Program{"Long1OfEight", Raw("\x8a\x08\0\0\0\0\0\0\0\x80"),
                "-9223372036854775808"},
        Program{"BinFloat", Raw("G\xbf\xe0\0\0\0\0\0\0"), "-0.5f"},
        Program{"BinUnicode", Raw("X\2\0\0\0\xc3\xa9"), "'\xc3\xa9'"},
        Program{"ShortBinString", Raw("U\2ab"), "'ab'"},
        Program{"EmptyDict", "}", "{}"}, Program{"EmptyList", "]", "[]"},
        Program{"EmptySet", "\x8f", "[]"}, Program{"EmptyTuple", ")", "()"},
        Program{"Tuple", "N(K\1K\2t\x86", "(None (1 2))"},
        Program{"Tuple1", "K\1\x85", "(1)"},
        Program{"Tuple2", "K\1K\2\x86", "(1 2)"},
        Program{"Tuple3", "K\1K\2K\3\x87", "(1 2 3)"},
        Program{"Append", "]K\1a", "[1]"},
        Program{"Appends", "](K\1K\2e", "[1 2]"},
        Program{"SetItem", "}K\1Ns", "{1 None}"},
        Program{"SetItems", "}(K\1NK\2Nu", "{1 None 2 None}"},
        Program{"BinPutAndBinGet", "]q\5h\5\x86", "([] [])"},
        Program{"LongBinPutAndLongBinGet", Raw("]r\0\1\0\0j\0\1\0\0\x86"),
                "([] [])"},
        Program{"Global", "cos.path\njoin\n", "os.path.join"},
        Program{"GlobalOfPython2", "c__builtin__\nset\n", "builtins.set"},
        Program{"Reduce", "cm\nf\n(K\1tR", "m.f(1)"},
        Program{"NewObj", "cm\nC\n)\x81", "m.C()"},
        Program{"Build", "cm\nC\n)\x81}b", "m.C()<{}>"},
        Program{"SetItemsOfACall", "cm\nC\n)R(K\1K\2u", "m.C(){1 2}"},
        Program{"AppendsToACall", "cm\nC\n)R(K\1K\2e", "m.C()[1 2]"},
        Program{"BinPersId", "K\1\x85Q", "@(1)"}),
    NameOf);

class RefusalTest : public ::testing::TestWithParam<Program> {};

TEST_P(RefusalTest, SaysWhatIsWrong) {
  const absl::Status status = RunPickle(GetParam().opcodes + ".", {}).status();

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
  EXPECT_THAT(status.message(), HasSubstr(GetParam().result));
}

INSTANTIATE_TEST_SUITE_P(
    Each, RefusalTest,
    ::testing::Values(
        Program{"Protocol4", "\x80\4N", "protocol 4"},
        // POP, INST and STACK_GLOBAL: opcodes that weights don't need.
        Program{"Pop", "NN0", "opcode 0x30"},
        Program{"Inst", "(im\nC\n", "opcode 0x69"},
        Program{"StackGlobal", "\x93", "opcode 0x93"},
        Program{"LongOfNine", Raw("\x8a\x09\1\2\3\4\5\6\7\x08\x09"),
                "an integer of 9 bytes"},
        Program{"TextNotUtf8", Raw("X\1\0\0\0\xff"), "not UTF-8"},
        Program{"GlobalNotUtf8", "cm\n\xff\n", "not UTF-8"},
        Program{"GlobalWithoutEnd", "cm\n" + std::string(2000, 'x') + "\n",
                "does not end"},
        Program{"EmptyStack", "K\1\x86", "stack is empty"},
        Program{"UnderAMark", Raw("]q\0(h\0K\1\x87"), "stack is empty"},
        Program{"NoMark", "Nt", "no mark"},
        Program{"NothingLeft", "", "0 objects"},
        Program{"TwoLeft", "NN", "2 objects"},
        Program{"MarkLeft", "N(", "1 marks"},
        Program{"MissingMemo", "h\3", "no entry 3"},
        // CVE-2026-24747: SETITEM on what is no dict.
        Program{"SetItemOnAList", "]K\1K\2s", "no dict"},
        Program{"SetItemsOnATuple", ")(K\1K\2u", "no dict"},
        Program{"SetItemOnAStorage", "K\1\x85QK\1K\2s", "no dict"},
        Program{"OddItems", "}(K\1u", "key without a value"},
        Program{"AppendToATuple", ")K\1a", "no list"},
        Program{"AppendToADict", "}K\1a", "no list"},
        Program{"CallOfAText", "U\1f)R", "no global is called"},
        Program{"CallWithAList", "cm\nf\n]R", "no tuple"},
        Program{"CallOfACall", "cm\nf\n)R)R", "no global is called"},
        Program{"StateOfAList", "]}b", "state is set"}),
    NameOf);

TEST(PickleMachine, SaysAtWhichByte) {
  EXPECT_THAT(RunPickle("\x80\x02N0", {}).status().message(),
              HasSubstr("pickle, byte 3: "));
}

// Everything that a pickle can be cut off in.
TEST(PickleMachine, LosesDataWhereItIsCutOff) {
  const std::string whole = pickle::Pickle(
      pickle::Dict({pickle::Text("key"), pickle::Int(5), pickle::Text("w"),
                    pickle::Tensor(4, 0, {2, 2}, {2, 1}), Raw("K\1"),
                    Raw("G\0\0\0\0\0\0\0\0")}));
  ASSERT_TRUE(RunPickle(whole, {}).ok());
  for (size_t size = 0; size < whole.size(); ++size) {
    const absl::Status status = RunPickle(whole.substr(0, size), {}).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss)
        << size << ": " << status;
  }
}

TEST(PickleMachine, TakesNoLengthOnTrust) {
  const absl::Status status = RunPickle(Raw("X\xff\xff\xff\x3f"
                                            "ab."),
                                        {})
                                  .status();

  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(status.message(), HasSubstr("truncated"));
}

TEST(PickleMachine, HasLimits) {
  PickleLimits limits;
  limits.stack = 2;
  limits.memo = 1;
  limits.text = 3;
  EXPECT_THAT(RunPickle("NNN.", limits).status().message(),
              HasSubstr("more than 2 objects"));
  EXPECT_THAT(RunPickle(Raw("Nq\0q\1."), limits).status().message(),
              HasSubstr("more than 1 memo entries"));
  EXPECT_THAT(RunPickle(Raw("U\4abcd."), limits).status().message(),
              HasSubstr("a text of 4 bytes; the limit is 3"));
}

TEST(PickleMachine, TakesDeepNestingWithoutRecursion) {
  const std::string deep =
      std::string(1000000, ']') + std::string(999999, 'a') + ".";

  const absl::StatusOr<PickleGraph> graph = RunPickle(deep, {});

  ASSERT_TRUE(graph.ok()) << graph.status();
  EXPECT_EQ(graph->nodes.size(), 1000000u);
}

TEST(PickleMachine, TakesCycles) {
  const absl::StatusOr<PickleGraph> graph = RunPickle(Raw("]q\0h\0a."), {});

  ASSERT_TRUE(graph.ok()) << graph.status();
  EXPECT_EQ(graph->root->get_if<PickleSequence>()->items[0], graph->root);
}

}  // namespace
}  // namespace anneal
