#include "dist/shared_memory/collective_queue.h"

#include <ATen/core/ivalue.h>
#include <ATen/ops/ones.h>
#include <c10/util/Exception.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <string>
#include <thread>
#include <vector>

namespace anneal::dist {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Collective Of(std::function<absl::Status()> run) {
  Collective collective;
  collective.title = "test";
  collective.run = std::move(run);
  return collective;
}

// A collective that runs until it is let go.
class Blocker {
 public:
  Collective collective() {
    return Of([this] {
      gate_.get_future().wait();
      return absl::OkStatus();
    });
  }
  void LetGo() { gate_.set_value(); }

 private:
  std::promise<void> gate_;
};

TEST(CollectiveQueue, RunsInOrderOnAThreadOfItsOwn) {
  std::vector<int> order;
  std::vector<std::thread::id> threads;
  CollectiveQueue queue;
  std::vector<c10::intrusive_ptr<c10d::Work>> works;

  for (int i = 0; i < 3; ++i) {
    works.push_back(queue.Submit(Of([&, i] {
                                   order.push_back(i);
                                   threads.push_back(
                                       std::this_thread::get_id());
                                   return absl::OkStatus();
                                 }),
                                 /*is_async=*/true));
  }
  for (const auto& work : works) EXPECT_TRUE(work->wait());

  EXPECT_THAT(order, ElementsAre(0, 1, 2));
  EXPECT_EQ(threads[0], threads[2]);
  EXPECT_NE(threads[0], std::this_thread::get_id());
}

TEST(CollectiveQueue, RunsABlockingOneOnTheCaller) {
  CollectiveQueue queue;
  std::thread::id thread;

  const auto work = queue.Submit(Of([&] {
                                   thread = std::this_thread::get_id();
                                   return absl::OkStatus();
                                 }),
                                 /*is_async=*/false);

  EXPECT_TRUE(work->isCompleted());
  EXPECT_EQ(thread, std::this_thread::get_id());
}

TEST(CollectiveQueue, RunsABlockingOneAfterWhatIsQueued) {
  std::vector<int> order;
  CollectiveQueue queue;
  Blocker blocker;
  queue.Submit(blocker.collective(), true);
  queue.Submit(Of([&] {
                 order.push_back(1);
                 return absl::OkStatus();
               }),
               true);

  const auto work = queue.Submit(Of([&] {
                                   order.push_back(2);
                                   return absl::OkStatus();
                                 }),
                                 false);
  EXPECT_FALSE(work->isCompleted());
  blocker.LetGo();
  work->wait();

  EXPECT_THAT(order, ElementsAre(1, 2));
}

TEST(CollectiveQueue, GivesTheFutureTheOutputs) {
  CollectiveQueue queue;
  Collective collective = Of([] { return absl::OkStatus(); });
  collective.outputs = {at::ones({2})};

  const auto work = queue.Submit(std::move(collective), true);
  const auto future = work->getFuture();
  future->wait();

  ASSERT_TRUE(future->value().isTensorList());
  EXPECT_EQ(future->value().toTensorVector()[0].numel(), 2);
  EXPECT_EQ(work->result().size(), 1);
}

TEST(CollectiveQueue, LetsACallbackSubmitAnother) {
  CollectiveQueue queue;
  Blocker blocker;
  std::promise<c10::intrusive_ptr<c10d::Work>> second;
  const auto work = queue.Submit(blocker.collective(), true);
  work->getFuture()->addCallback([&](c10::ivalue::Future&) {
    second.set_value(queue.Submit(Of([] { return absl::OkStatus(); }), true));
  });
  blocker.LetGo();

  EXPECT_TRUE(second.get_future().get()->wait());
}

TEST(CollectiveQueue, ThrowsAStatusFromTheWorkAndItsFuture) {
  CollectiveQueue queue;
  const auto work = queue.Submit(
      Of([] { return absl::UnavailableError("rank 3 ended"); }), true);

  EXPECT_THROW(work->wait(), c10::DistBackendError);
  EXPECT_TRUE(work->getFuture()->hasError());
  try {
    work->getFuture()->waitAndThrow();
    ADD_FAILURE() << "no error";
  } catch (const c10::Error& error) {
    EXPECT_THAT(error.what_without_backtrace(), HasSubstr("rank 3 ended"));
  }
}

TEST(CollectiveQueue, ThrowsInvalidArgumentsAsValueErrors) {
  CollectiveQueue queue;
  const auto work = queue.Submit(
      Of([] { return absl::InvalidArgumentError("other shapes"); }), false);

  EXPECT_THROW(work->wait(), c10::ValueError);
}

TEST(CollectiveQueue, ThrowsWhatACollectiveThrows) {
  CollectiveQueue queue;
  const auto work = queue.Submit(Of([]() -> absl::Status {
                                   at::ones({2}).view({3});
                                   return absl::OkStatus();
                                 }),
                                 true);

  EXPECT_THROW(work->wait(), c10::Error);
}

TEST(CollectiveQueue, StopRunsWhatIsQueuedAndRefusesMore) {
  int num_run = 0;
  const auto count = [&] {
    ++num_run;
    return absl::OkStatus();
  };
  CollectiveQueue queue;
  Blocker blocker;
  queue.Submit(blocker.collective(), true);
  queue.Submit(Of(count), true);
  blocker.LetGo();

  queue.Stop();

  EXPECT_EQ(num_run, 1);
  EXPECT_THROW(queue.Submit(Of(count), true), c10::Error);
  EXPECT_THROW(queue.Submit(Of(count), false), c10::Error);
}

}  // namespace
}  // namespace anneal::dist
