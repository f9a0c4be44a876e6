#include "logging/history_buffer.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/full.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>
#include <c10/util/Exception.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <memory>
#include <sstream>
#include <string>

namespace anneal {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

void ExpectSame(double actual, double expected, const std::string& line) {
  if (std::isnan(expected)) {
    EXPECT_TRUE(std::isnan(actual)) << line;
  } else {
    EXPECT_NEAR(actual, expected, 1e-12 * std::abs(expected)) << line;
  }
}

double Statistic(const HistoryBuffer& history, const std::string& name,
                 int64_t window) {
  if (name == "mean") return history.mean(window);
  return name == "min" ? history.min(window) : history.max(window);
}

TEST(HistoryBuffer, EqualsMmengine) {
  std::ifstream golden("logging/history_buffer_golden.txt");
  ASSERT_TRUE(golden.is_open());
  std::unique_ptr<HistoryBuffer> history;
  int num_statistics = 0;
  std::string line;
  while (std::getline(golden, line)) {
    std::istringstream words(line);
    std::string word;
    std::string first;
    std::string second;
    words >> word >> first >> second;
    if (word == "max_length") {
      history = std::make_unique<HistoryBuffer>(std::stoll(first));
    } else if (word == "update") {
      history->Update(std::stod(first), std::stoll(second));
    } else if (word == "current") {
      ExpectSame(history->current(), std::stod(first), line);
    } else {
      ++num_statistics;
      ExpectSame(Statistic(*history, word, std::stoll(first)),
                 std::stod(second), line);
    }
  }
  EXPECT_EQ(num_statistics, 3 * 14 * 12);
}

TEST(HistoryBuffer, KeepsTheNewestOfMaxLength) {
  HistoryBuffer history(/*max_length=*/4);

  for (int i = 0; i < 5; ++i) history.Update(i, 10 + i);

  EXPECT_THAT(history.values(), ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(history.counts(), ElementsAre(11, 12, 13, 14));
  EXPECT_EQ(history.size(), 4);
  EXPECT_EQ(history.min(), 1);
}

TEST(HistoryBuffer, TensorCountsAsItsElement) {
  HistoryBuffer history;

  history.Update(at::full({1, 1}, 2.5, at::kFloat));
  history.Update(at::full({}, 4, at::kLong), 2);

  EXPECT_THAT(history.values(), ElementsAre(2.5, 4));
  EXPECT_THAT(history.counts(), ElementsAre(1, 2));
}

TEST(HistoryBuffer, CpuTensorIsReadAtOnce) {
  HistoryBuffer history;
  at::Tensor loss = at::full({}, 1.0);

  history.Update(loss);
  loss.fill_(9);

  EXPECT_EQ(history.current(), 1.0);
}

TEST(HistoryBuffer, TensorOfSeveralElementsThrows) {
  HistoryBuffer history;

  EXPECT_THROW(history.Update(at::ones({2})), c10::Error);
  EXPECT_TRUE(history.empty());
}

TEST(HistoryBuffer, UpdatesDoNotReadAcceleratorTensors) {
  // The meta device has no values to read: that nothing throws shows that
  // updates don't read.
  HistoryBuffer history;
  for (int i = 0; i < 63; ++i) {
    history.Update(at::zeros({}, at::TensorOptions().device(at::kMeta)));
  }

  EXPECT_EQ(history.size(), 63);
  EXPECT_ANY_THROW(history.current());
}

TEST(HistoryBuffer, StatisticsFindsByName) {
  HistoryBuffer history;
  for (double value : {1.0, 2.0, 6.0}) history.Update(value);

  EXPECT_EQ(*history.Statistics("mean"), 3);
  EXPECT_EQ(*history.Statistics("min", 2), 2);
  EXPECT_EQ(*history.Statistics("max", 2), 6);
  EXPECT_EQ(*history.Statistics("current"), 6);
}

TEST(HistoryBuffer, RegisteredStatisticIsFound) {
  HistoryBuffer::RegisterStatistic(
      "range", [](const HistoryBuffer& history, int64_t window) {
        return history.max(window) - history.min(window);
      });
  HistoryBuffer history;
  for (double value : {1.0, 2.0, 6.0}) history.Update(value);

  EXPECT_EQ(*history.Statistics("range"), 5);
}

TEST(HistoryBuffer, UnknownStatisticListsTheKnown) {
  HistoryBuffer history;
  history.Update(1);

  const absl::Status status = history.Statistics("median").status();

  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr("\"median\""), HasSubstr("current, max, mean")));
}

TEST(HistoryBuffer, StatisticOfNothingIsRefused) {
  const absl::Status status = HistoryBuffer().Statistics("mean").status();

  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr("empty history"));
}

TEST(HistoryBuffer, StatisticOverNoWindowIsRefused) {
  HistoryBuffer history;
  history.Update(1);

  const absl::Status status = history.Statistics("mean", 0).status();

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("at least 1"));
}

TEST(HistoryBuffer, StateIsPlainTensorsOfTheKeptValues) {
  HistoryBuffer history(/*max_length=*/2);
  for (int i = 0; i < 3; ++i) history.Update(i / 3.0, i + 1);

  const Value state = history.state_dict();

  const Dict& dict = *state.get_if<Dict>();
  EXPECT_TRUE(BitIdentical(*dict.Find("log_history"),
                           at::arange(1, 3, at::kDouble).div(3)));
  EXPECT_TRUE(
      BitIdentical(*dict.Find("count_history"), at::arange(2, 4, at::kLong)));
  EXPECT_TRUE(BitIdentical(*dict.Find("max_length"), 2));
}

TEST(HistoryBuffer, GoesOnFromItsState) {
  HistoryBuffer whole(/*max_length=*/4);
  HistoryBuffer first(/*max_length=*/4);
  for (int i = 0; i < 5; ++i) whole.Update(i, i + 1);
  for (int i = 0; i < 5; ++i) first.Update(i, i + 1);
  HistoryBuffer second;

  ASSERT_TRUE(second.LoadStateDict(first.state_dict()).ok());
  for (int i = 5; i < 12; ++i) whole.Update(i, i + 1);
  for (int i = 5; i < 12; ++i) second.Update(i, i + 1);

  EXPECT_TRUE(BitIdentical(second.state_dict(), whole.state_dict()));
}

TEST(HistoryBuffer, EmptyStateLoads) {
  HistoryBuffer history;
  history.Update(1);

  ASSERT_TRUE(history.LoadStateDict(HistoryBuffer().state_dict()).ok());

  EXPECT_TRUE(history.empty());
}

struct BadState {
  const char* name;
  Value state;
  absl::StatusCode code;
  const char* word;
};

class HistoryBufferBadState : public ::testing::TestWithParam<BadState> {};

TEST_P(HistoryBufferBadState, IsRefusedAndChangesNothing) {
  HistoryBuffer history;
  history.Update(7);

  const absl::Status status = history.LoadStateDict(GetParam().state);

  EXPECT_EQ(status.code(), GetParam().code);
  EXPECT_THAT(std::string(status.message()), HasSubstr(GetParam().word));
  EXPECT_THAT(history.values(), ElementsAre(7));
}

INSTANTIATE_TEST_SUITE_P(
    States, HistoryBufferBadState,
    ::testing::Values(
        BadState{"NoDict", 3, absl::StatusCode::kInvalidArgument, "history"},
        BadState{"MissingCounts",
                 Dict{{"log_history", at::ones({1})}, {"max_length", 5}},
                 absl::StatusCode::kNotFound, "count_history"},
        BadState{"NoTensor",
                 Dict{{"log_history", "text"},
                      {"count_history", at::ones({1})},
                      {"max_length", 5}},
                 absl::StatusCode::kInvalidArgument, "history.log_history"},
        BadState{"Lengths",
                 Dict{{"log_history", at::ones({2})},
                      {"count_history", at::ones({1})},
                      {"max_length", 5}},
                 absl::StatusCode::kInvalidArgument, "as many"},
        BadState{"MaxLength",
                 Dict{{"log_history", at::ones({1})},
                      {"count_history", at::ones({1})},
                      {"max_length", 0}},
                 absl::StatusCode::kInvalidArgument, "at least 1"}),
    [](const auto& info) { return info.param.name; });

TEST(HistoryBufferDeathTest, EmptyHasNoStatistics) {
  EXPECT_DEATH(HistoryBuffer().mean(), "empty HistoryBuffer");
  EXPECT_DEATH(HistoryBuffer().current(), "empty HistoryBuffer");
}

TEST(HistoryBufferDeathTest, NameIsRegisteredOnce) {
  EXPECT_DEATH(HistoryBuffer::RegisterStatistic("mean", nullptr),
               "mean is registered twice");
}

}  // namespace
}  // namespace anneal
