// The points of a run at which hooks are called, and which of them a hook
// class overrides.
#ifndef ANNEAL_HOOKS_STAGE_H_
#define ANNEAL_HOOKS_STAGE_H_

#include <bitset>
#include <type_traits>

#include "absl/strings/string_view.h"

namespace anneal {

// mmengine's 22 points, in its order.
enum class Stage {
  kBeforeRun,
  kAfterLoadCheckpoint,
  kBeforeTrain,
  kBeforeTrainEpoch,
  kBeforeTrainIter,
  kAfterTrainIter,
  kAfterTrainEpoch,
  kBeforeVal,
  kBeforeValEpoch,
  kBeforeValIter,
  kAfterValIter,
  kAfterValEpoch,
  kAfterVal,
  kBeforeSaveCheckpoint,
  kAfterTrain,
  kBeforeTest,
  kBeforeTestEpoch,
  kBeforeTestIter,
  kAfterTestIter,
  kAfterTestEpoch,
  kAfterTest,
  kAfterRun,
};
inline constexpr int kNumStages = 22;

// "before_run": mmengine's name.
absl::string_view StageName(Stage stage);

using StageSet = std::bitset<kNumStages>;

namespace stage_internal {

// Whether T declares the member that `Member` names anew below Base. An
// inaccessible override counts as one.
template <template <typename> class Member, typename Base, typename T,
          typename = void>
struct Overrides : std::true_type {};
template <template <typename> class Member, typename Base, typename T>
struct Overrides<Member, Base, T, std::void_t<Member<T>>>
    : std::bool_constant<!std::is_same_v<Member<T>, Member<Base>>> {};

#define ANNEAL_STAGE_MEMBER(name) \
  template <typename T>           \
  using name = decltype(&T::name)
ANNEAL_STAGE_MEMBER(BeforeRun);
ANNEAL_STAGE_MEMBER(AfterLoadCheckpoint);
ANNEAL_STAGE_MEMBER(BeforeTrain);
ANNEAL_STAGE_MEMBER(BeforeTrainEpoch);
ANNEAL_STAGE_MEMBER(BeforeTrainIter);
ANNEAL_STAGE_MEMBER(AfterTrainIter);
ANNEAL_STAGE_MEMBER(AfterTrainEpoch);
ANNEAL_STAGE_MEMBER(BeforeVal);
ANNEAL_STAGE_MEMBER(BeforeValEpoch);
ANNEAL_STAGE_MEMBER(BeforeValIter);
ANNEAL_STAGE_MEMBER(AfterValIter);
ANNEAL_STAGE_MEMBER(AfterValEpoch);
ANNEAL_STAGE_MEMBER(AfterVal);
ANNEAL_STAGE_MEMBER(BeforeSaveCheckpoint);
ANNEAL_STAGE_MEMBER(AfterTrain);
ANNEAL_STAGE_MEMBER(BeforeTest);
ANNEAL_STAGE_MEMBER(BeforeTestEpoch);
ANNEAL_STAGE_MEMBER(BeforeTestIter);
ANNEAL_STAGE_MEMBER(AfterTestIter);
ANNEAL_STAGE_MEMBER(AfterTestEpoch);
ANNEAL_STAGE_MEMBER(AfterTest);
ANNEAL_STAGE_MEMBER(AfterRun);
ANNEAL_STAGE_MEMBER(BeforeEpoch);
ANNEAL_STAGE_MEMBER(AfterEpoch);
ANNEAL_STAGE_MEMBER(BeforeIter);
ANNEAL_STAGE_MEMBER(AfterIter);
#undef ANNEAL_STAGE_MEMBER

}  // namespace stage_internal

// The stages that T overrides of Base, which is Hook: itself or by one of the
// points that the three modes share.
template <typename Base, typename T>
StageSet OverriddenStages() {
  namespace s = stage_internal;
  const bool before_epoch = s::Overrides<s::BeforeEpoch, Base, T>();
  const bool after_epoch = s::Overrides<s::AfterEpoch, Base, T>();
  const bool before_iter = s::Overrides<s::BeforeIter, Base, T>();
  const bool after_iter = s::Overrides<s::AfterIter, Base, T>();
  const bool overrides[kNumStages] = {
      s::Overrides<s::BeforeRun, Base, T>(),
      s::Overrides<s::AfterLoadCheckpoint, Base, T>(),
      s::Overrides<s::BeforeTrain, Base, T>(),
      s::Overrides<s::BeforeTrainEpoch, Base, T>() || before_epoch,
      s::Overrides<s::BeforeTrainIter, Base, T>() || before_iter,
      s::Overrides<s::AfterTrainIter, Base, T>() || after_iter,
      s::Overrides<s::AfterTrainEpoch, Base, T>() || after_epoch,
      s::Overrides<s::BeforeVal, Base, T>(),
      s::Overrides<s::BeforeValEpoch, Base, T>() || before_epoch,
      s::Overrides<s::BeforeValIter, Base, T>() || before_iter,
      s::Overrides<s::AfterValIter, Base, T>() || after_iter,
      s::Overrides<s::AfterValEpoch, Base, T>() || after_epoch,
      s::Overrides<s::AfterVal, Base, T>(),
      s::Overrides<s::BeforeSaveCheckpoint, Base, T>(),
      s::Overrides<s::AfterTrain, Base, T>(),
      s::Overrides<s::BeforeTest, Base, T>(),
      s::Overrides<s::BeforeTestEpoch, Base, T>() || before_epoch,
      s::Overrides<s::BeforeTestIter, Base, T>() || before_iter,
      s::Overrides<s::AfterTestIter, Base, T>() || after_iter,
      s::Overrides<s::AfterTestEpoch, Base, T>() || after_epoch,
      s::Overrides<s::AfterTest, Base, T>(),
      s::Overrides<s::AfterRun, Base, T>(),
  };
  StageSet stages;
  for (int i = 0; i < kNumStages; ++i) stages[i] = overrides[i];
  return stages;
}

}  // namespace anneal

#endif  // ANNEAL_HOOKS_STAGE_H_
