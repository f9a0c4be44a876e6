#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pty.h>
#include <unistd.h>

#include <cstdio>
#include <memory>
#include <string>
#include <thread>

#include "hooks/progress_bar_hook.pb.h"
#include "logging/log.h"
#include "logging/logger.h"
#include "tests/support/fake_run.h"

namespace anneal {
namespace {

using ::testing::HasSubstr;
using ::testing::internal::CaptureStderr;
using ::testing::internal::CaptureStdout;
using ::testing::internal::GetCapturedStderr;
using ::testing::internal::GetCapturedStdout;

// Standard output and error are a terminal while it lives.
class Terminal {
 public:
  Terminal() {
    struct winsize size = {25, 100, 0, 0};
    EXPECT_EQ(openpty(&master_, &slave_, nullptr, nullptr, &size), 0);
    fcntl(master_, F_SETFL, O_NONBLOCK);
    std::fflush(nullptr);
    for (int i = 0; i < 2; ++i) {
      before_[i] = dup(STDOUT_FILENO + i);
      dup2(slave_, STDOUT_FILENO + i);
    }
  }
  ~Terminal() {
    std::fflush(nullptr);
    for (int i = 0; i < 2; ++i) {
      dup2(before_[i], STDOUT_FILENO + i);
      close(before_[i]);
    }
    close(slave_);
    close(master_);
  }

  // What has come since the last call.
  std::string Text() {
    std::fflush(nullptr);
    std::string text;
    char chunk[4096];
    ssize_t size;
    while ((size = read(master_, chunk, sizeof(chunk))) > 0) {
      text.append(chunk, size);
    }
    return text;
  }

 private:
  int master_ = -1;
  int slave_ = -1;
  int before_[2];
};

struct ProgressBarHookTest : ::testing::Test {
  ProgressBarHookTest() {
    run.last_iter = 4;
    Logger::Options options;
    options.color = Logger::Color::kNever;
    EXPECT_TRUE(Logger::Initialize(options).ok());
  }
  void TrainIter() {
    ASSERT_TRUE(hook->AfterTrainIter(run, run.now_iter, Batch(), {}).ok());
    ++run.now_iter;
  }

  FakeRun run{::testing::TempDir()};
  std::unique_ptr<Hook> hook = *BuildHook(ProgressBarHookConfig());
};

// Wipes the terminal's last line.
constexpr char kClear[] = "\r\x1b[K";

TEST_F(ProgressBarHookTest, DrawsNothingIntoAPipe) {
  CaptureStdout();
  CaptureStderr();

  ASSERT_TRUE(hook->BeforeTrain(run).ok());
  for (int i = 0; i < 4; ++i) TrainIter();
  ANNEAL_LOG(INFO) << "a line";
  ASSERT_TRUE(hook->AfterTrain(run).ok());

  EXPECT_THAT(GetCapturedStdout(), HasSubstr(" - anneal - INFO - a line\n"));
  EXPECT_EQ(GetCapturedStderr(), "");
}

TEST_F(ProgressBarHookTest, DrawsWhatIsDoneOnATerminal) {
  std::string text;
  {
    Terminal terminal;
    ASSERT_TRUE(hook->BeforeTrain(run).ok());
    for (int i = 0; i < 4; ++i) TrainIter();
    text = terminal.Text();
    ASSERT_TRUE(hook->AfterTrain(run).ok());
  }

  EXPECT_THAT(text, HasSubstr("4/4"));
}

TEST_F(ProgressBarHookTest, MakesWayForALineAndComesBackBelow) {
  std::string text;
  {
    Terminal terminal;
    ASSERT_TRUE(hook->BeforeTrain(run).ok());
    TrainIter();
    (void)terminal.Text();
    ANNEAL_LOG(INFO) << "a line";
    text = terminal.Text();
    ASSERT_TRUE(hook->AfterTrain(run).ok());
  }

  EXPECT_EQ(text.find(kClear), 0);
  const size_t line = text.find("a line\r\n");
  ASSERT_NE(line, text.npos);
  EXPECT_EQ(text.find("1/4"), text.rfind("1/4"));
  EXPECT_GT(text.find("1/4"), line);
}

TEST_F(ProgressBarHookTest, LeavesACleanLineAtTheEnd) {
  std::string text;
  std::string later;
  {
    Terminal terminal;
    ASSERT_TRUE(hook->BeforeTrain(run).ok());
    TrainIter();
    (void)terminal.Text();
    ASSERT_TRUE(hook->AfterTrain(run).ok());
    text = terminal.Text();
    ANNEAL_LOG(INFO) << "a line";
    later = terminal.Text();
  }

  EXPECT_EQ(text, kClear);
  EXPECT_EQ(later.find(kClear), later.npos);
}

TEST_F(ProgressBarHookTest, LeavesACleanLineWhereTrainingFails) {
  std::string text;
  {
    Terminal terminal;
    ASSERT_TRUE(hook->BeforeTrain(run).ok());
    TrainIter();
    (void)terminal.Text();
    hook.reset();
    text = terminal.Text();
    ANNEAL_LOG(INFO) << "the observer is gone";
  }

  EXPECT_EQ(text, kClear);
}

TEST_F(ProgressBarHookTest, IsNotDrawnIntoTheLineOfAnotherThread) {
  std::string text;
  {
    Terminal terminal;
    run.last_iter = 0;  // drawn at every update
    ASSERT_TRUE(hook->BeforeTrain(run).ok());
    auto* observer = dynamic_cast<LineObserver*>(hook.get());
    observer->BeforeLine();
    std::thread training([&] { TrainIter(); });
    std::fputs("a line\n", stdout);
    std::fflush(stdout);
    observer->AfterLine();
    training.join();
    text = terminal.Text();
    ASSERT_TRUE(hook->AfterTrain(run).ok());
  }

  EXPECT_THAT(text, HasSubstr("\x1b[Ka line\r\n"));
}

TEST_F(ProgressBarHookTest, RunsLast) { EXPECT_EQ(hook->priority(), kLowest); }

}  // namespace
}  // namespace anneal
