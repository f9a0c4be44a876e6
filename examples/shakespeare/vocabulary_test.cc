#include "examples/shakespeare/vocabulary.h"

#include <ATen/ops/tensor.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace anneal {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

Dict CheckpointOf(Value vocab) {
  return Dict{
      {"meta", Dict{{"dataset_meta", Dict{{"vocab", std::move(vocab)}}}}}};
}

// Of "\n", " ", "a", "\u00e4" and "\U0001F600".
Vocabulary Small() {
  return *Vocabulary::Of(
      CheckpointOf(Value::List{"\n", " ", "a", "\u00e4", "\U0001F600"}),
      "a.pth");
}

TEST(Vocabulary, NumbersCharactersInTheirOrder) {
  const at::Tensor tokens = *Small().Encode("a\u00e4\n\U0001F600 ");

  EXPECT_TRUE(BitIdentical(
      tokens, at::tensor({2, 3, 0, 4, 1}, at::kLong).unsqueeze(0)));
}

TEST(Vocabulary, DecodesWhatItEncoded) {
  const std::string text = "\U0001F600 \u00e4a\n";

  EXPECT_EQ(Small().Decode(*Small().Encode(text)), text);
}

TEST(Vocabulary, DecodesNumbersOfNoCharacterAsQuestionMarks) {
  EXPECT_EQ(Small().Decode(at::tensor({2, 5, -1}, at::kLong).unsqueeze(0)),
            "a??");
}

TEST(Vocabulary, NamesACharacterItLacksAndThoseItHas) {
  const absl::Status status = Small().Encode("a\u00fc").status();

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr("the character \"\u00fc\""),
                    HasSubstr("it has: a\u00e4\U0001F600")));
}

TEST(Vocabulary, RefusesATextThatIsNotUtf8) {
  const absl::Status status = Small().Encode("a\xe4").status();

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("\"a\\xe4\" is not UTF-8"));
}

TEST(Vocabulary, RefusesACheckpointWithoutCharacters) {
  for (const Dict& checkpoint :
       {Dict(), Dict{{"meta", 3}}, CheckpointOf(Value()),
        CheckpointOf(Value::List())}) {
    const absl::Status status = Vocabulary::Of(checkpoint, "a.pth").status();

    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(status.message()),
                AllOf(HasSubstr("a.pth: "), HasSubstr("CharDataset")));
  }
}

TEST(Vocabulary, RefusesAnEntryThatIsNoText) {
  const absl::Status status =
      Vocabulary::Of(CheckpointOf(Value::List{"a", 3}), "a.pth").status();

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("a.pth: meta.dataset_meta.vocab"));
}

}  // namespace
}  // namespace anneal
