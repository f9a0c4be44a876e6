#include "logging/message_hub.h"

#include <ATen/ops/full.h>
#include <ATen/ops/ones.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"

namespace anneal {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(MessageHub, ScalarIsMadeOnceAndStays) {
  MessageHub hub;
  HistoryBuffer* loss = hub.scalar("train/loss");
  for (int i = 0; i < 100; ++i) hub.scalar("scalar" + std::to_string(i));

  EXPECT_EQ(hub.scalar("train/loss"), loss);
  EXPECT_EQ(hub.FindScalar("train/loss"), loss);
  EXPECT_EQ(*hub.GetScalar("train/loss"), loss);
  EXPECT_EQ(hub.log_scalars().size(), 101);
}

TEST(MessageHub, ScalarsKeepTheOrderOfFirstUse) {
  MessageHub hub;
  for (const char* name : {"b", "a", "b", "c"}) hub.UpdateScalar(name, 1);

  std::vector<std::string> names;
  for (const auto& [name, history] : hub.log_scalars()) names.push_back(name);

  EXPECT_THAT(names, ElementsAre("b", "a", "c"));
}

TEST(MessageHub, UpdateScalarTakesNumbersAndTensors) {
  MessageHub hub;

  hub.UpdateScalar("loss", 1.5, 2);
  hub.UpdateScalar("loss", at::full({1}, 2.5), 3);

  EXPECT_THAT(hub.FindScalar("loss")->values(), ElementsAre(1.5, 2.5));
  EXPECT_THAT(hub.FindScalar("loss")->counts(), ElementsAre(2, 3));
}

TEST(MessageHub, UpdateScalarsTakesMmenginesForms) {
  MessageHub hub;

  ASSERT_TRUE(hub.UpdateScalars(Dict{{"a", 1},
                                     {"b", at::full({}, 2.0)},
                                     {"c", Dict{{"value", 3.0}}},
                                     {"d", Dict{{"value", 4.0}, {"count", 5}}}})
                  .ok());

  EXPECT_EQ(hub.FindScalar("a")->current(), 1);
  EXPECT_EQ(hub.FindScalar("b")->current(), 2);
  EXPECT_EQ(hub.FindScalar("c")->current(), 3);
  EXPECT_THAT(hub.FindScalar("d")->values(), ElementsAre(4));
  EXPECT_THAT(hub.FindScalar("d")->counts(), ElementsAre(5));
}

struct BadScalar {
  const char* name;
  Value value;
  absl::StatusCode code;
  const char* word;
};

class MessageHubBadScalar : public ::testing::TestWithParam<BadScalar> {};

TEST_P(MessageHubBadScalar, IsRefusedByName) {
  const absl::Status status =
      MessageHub().UpdateScalars(Dict{{"train/loss", GetParam().value}});

  EXPECT_EQ(status.code(), GetParam().code);
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr("train/loss"), HasSubstr(GetParam().word)));
}

INSTANTIATE_TEST_SUITE_P(
    Scalars, MessageHubBadScalar,
    ::testing::Values(
        BadScalar{"Text", "high", absl::StatusCode::kInvalidArgument, "str"},
        BadScalar{"Vector", at::ones({3}), absl::StatusCode::kInvalidArgument,
                  "3 elements"},
        BadScalar{"NoValue", Dict{{"count", 1}}, absl::StatusCode::kNotFound,
                  "value"},
        BadScalar{"CountOfText", Dict{{"value", 1}, {"count", "two"}},
                  absl::StatusCode::kInvalidArgument, "count"}),
    [](const auto& info) { return info.param.name; });

TEST(MessageHub, MissingScalarListsTheScalars) {
  MessageHub hub;
  hub.UpdateScalar("train/loss", 1);

  const absl::Status status = hub.GetScalar("val/loss").status();

  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr("\"val/loss\""), HasSubstr("train/loss")));
  EXPECT_EQ(hub.FindScalar("val/loss"), nullptr);
}

TEST(MessageHub, InfoIsTheLatest) {
  MessageHub hub;

  hub.UpdateInfo("iter", 1);
  hub.UpdateInfoDict(Dict{{"iter", 2}, {"stage", "train"}});

  EXPECT_TRUE(BitIdentical(*hub.GetInfo("iter"), 2));
  EXPECT_TRUE(BitIdentical(*hub.GetInfo("stage"), "train"));
  EXPECT_EQ(hub.GetInfo("epoch"), nullptr);
}

TEST(MessageHub, PoppedNameIsInNoStateDict) {
  MessageHub hub;
  hub.UpdateInfo("stage", "train", Resumed::kNo);
  hub.PopInfo("stage");
  const Value state = hub.state_dict();

  EXPECT_TRUE(
      BitIdentical(*state.get_if<Dict>()->Find("resumed_keys"), Value(Dict())));
  EXPECT_DEATH(hub.UpdateInfo("stage", "val", Resumed::kYes),
               "stage was recorded as not resumed");
}

TEST(MessageHub, PopInfoForgets) {
  MessageHub hub;
  hub.UpdateInfo("stage", "train");

  EXPECT_TRUE(BitIdentical(hub.PopInfo("stage"), "train"));
  EXPECT_TRUE(BitIdentical(hub.PopInfo("stage", "none"), "none"));
  EXPECT_TRUE(hub.runtime_info().empty());
}

TEST(MessageHub, StateLeavesOutWhatIsNotResumed) {
  MessageHub hub;
  hub.UpdateScalar("kept", 1);
  hub.UpdateScalar("dropped", 1, 1, Resumed::kNo);
  hub.UpdateInfo("epoch", 3);
  hub.UpdateInfo("path", "/here", Resumed::kNo);

  const Value state = hub.state_dict();

  const Dict& dict = *state.get_if<Dict>();
  EXPECT_EQ(dict.Find("log_scalars")->get_if<Dict>()->size(), 1);
  EXPECT_NE(dict.Find("log_scalars")->get_if<Dict>()->Find("kept"), nullptr);
  EXPECT_TRUE(BitIdentical(*dict.Find("runtime_info"), Dict{{"epoch", 3}}));
  EXPECT_TRUE(BitIdentical(*dict.Find("resumed_keys"), Dict{{"kept", true},
                                                            {"dropped", false},
                                                            {"epoch", true},
                                                            {"path", false}}));
}

TEST(MessageHub, GoesOnFromItsState) {
  MessageHub first;
  first.UpdateScalar("loss", 1.5, 2);
  first.UpdateInfo("best", 0.75);
  MessageHub second;
  second.UpdateInfo("mine", 1);
  HistoryBuffer* held = second.scalar("loss");

  ASSERT_TRUE(second.LoadStateDict(first.state_dict()).ok());
  first.UpdateScalar("loss", 2.5);
  held->Update(2.5);

  EXPECT_TRUE(BitIdentical(second.FindScalar("loss")->state_dict(),
                           first.FindScalar("loss")->state_dict()));
  EXPECT_TRUE(BitIdentical(*second.GetInfo("best"), 0.75));
  EXPECT_TRUE(BitIdentical(*second.GetInfo("mine"), 1));
}

TEST(MessageHub, LoadedNamesAreSavedAgain) {
  MessageHub first;
  first.UpdateScalar("loss", 1.5);
  first.UpdateInfo("best", 0.75);
  MessageHub second;

  ASSERT_TRUE(second.LoadStateDict(first.state_dict()).ok());

  EXPECT_TRUE(BitIdentical(second.state_dict(), first.state_dict()));
}

TEST(MessageHub, DamagedStateIsNamedAndChangesNothing) {
  MessageHub hub;
  hub.UpdateScalar("loss", 1);
  const Value before = hub.state_dict();
  const Dict good = *HistoryBuffer().state_dict().get_if<Dict>();

  const absl::Status status = hub.LoadStateDict(
      Dict{{"log_scalars", Dict{{"loss", good}, {"lr", Dict()}}},
           {"runtime_info", Dict{{"epoch", 1}}},
           {"resumed_keys", Dict()}});

  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("message_hub.log_scalars.lr"));
  EXPECT_TRUE(BitIdentical(hub.state_dict(), before));
}

TEST(MessageHub, StateWithoutScalarsIsRefused) {
  const absl::Status status =
      MessageHub().LoadStateDict(Dict{{"runtime_info", Dict()}});

  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(status.message()), HasSubstr("log_scalars"));
}

TEST(MessageHubDeathTest, ResumedIsNotChangedLater) {
  MessageHub hub;
  hub.UpdateScalar("loss", 1);

  EXPECT_DEATH(hub.UpdateScalar("loss", 1, 1, Resumed::kNo),
               "loss was recorded as resumed");
}

TEST(MessageHub, HoldsWhatMmenginesHolds) {
  std::ifstream golden("logging/message_hub_golden.txt");
  MessageHub hub;
  std::string line;
  std::set<std::string> state;
  int num_asked = 0;
  while (std::getline(golden, line)) {
    std::istringstream words(line);
    std::string kind, name, text;
    words >> kind >> name;
    if (kind == "scalar") {
      double value;
      int64_t count;
      bool resumed;
      words >> value >> count >> resumed;
      hub.UpdateScalar(name, value, count,
                       resumed ? Resumed::kYes : Resumed::kNo);
    } else if (kind == "scalars") {
      Dict scalars;
      for (text = name; !text.empty(); text.clear(), words >> text) {
        const size_t equals = text.find('=');
        const size_t colon = text.find(':');
        scalars[text.substr(0, equals)] =
            Dict{{"value", std::stod(text.substr(equals + 1))},
                 {"count", std::stoi(text.substr(colon + 1))}};
      }
      ASSERT_TRUE(hub.UpdateScalars(scalars).ok());
    } else if (kind == "info") {
      int value;
      bool resumed;
      words >> value >> resumed;
      hub.UpdateInfo(name, value, resumed ? Resumed::kYes : Resumed::kNo);
    } else if (kind == "pop") {
      words >> text;
      const Value popped = hub.PopInfo(name, "-");
      EXPECT_EQ(popped.DebugString(), text == "-" ? "'-'" : text) << line;
    } else if (kind == "ask") {
      int64_t window;
      double expected;
      words >> text >> window >> expected;
      EXPECT_EQ(*(*hub.GetScalar(name))->Statistics(text, window), expected)
          << line;
      ++num_asked;
    } else {
      state.insert(line);
    }
  }

  EXPECT_EQ(num_asked, 360);
  const Value saved = hub.state_dict();
  std::set<std::string> ours;
  for (const auto& [part, entries] : *saved.get_if<Dict>()) {
    for (const auto& [key, value] : *entries.get_if<Dict>()) {
      const bool* resumed = value.get_if<bool>();
      ours.insert(absl::StrCat("state ", KeyString(part), " ", KeyString(key),
                               resumed == nullptr ? ""
                               : *resumed         ? " 1"
                                                  : " 0"));
    }
  }
  EXPECT_EQ(ours, state);
}

}  // namespace
}  // namespace anneal
