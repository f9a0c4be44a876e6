#include "logging/logger.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>
#include <regex>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "logging/log.h"
#include "logging/sink.h"

namespace anneal {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;
using ::testing::internal::CaptureStderr;
using ::testing::internal::CaptureStdout;
using ::testing::internal::GetCapturedStderr;
using ::testing::internal::GetCapturedStdout;

std::string ReadFile(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string TempPath(const std::string& name) {
  return absl::StrCat(::testing::TempDir(), "/", name);
}

std::string WithoutTime(const std::string& text) {
  static const std::regex time(R"(((^|\n))(\d{4}/)?\d\d/\d\d \d\d:\d\d:\d\d)");
  return std::regex_replace(text, time, "$1TIME");
}

// mmengine's lines by "terminal INFO" and the like.
std::map<std::string, std::string> GoldenLines() {
  std::ifstream file("logging/logger_golden.txt");
  std::map<std::string, std::string> lines;
  std::string line;
  while (std::getline(file, line)) {
    const size_t quote = line.find('\'');
    const std::string text = line.substr(quote + 1, line.size() - quote - 2);
    lines[line.substr(0, quote - 1)] =
        absl::StrReplaceAll(text, {{"\\x1b", "\x1b"}, {"\\n", "\n"}}) + "\n";
  }
  return lines;
}

struct LevelCase {
  const char* name;
  LogLevel level;
};

class LoggerFormat : public ::testing::TestWithParam<LevelCase> {
 protected:
  void Log() const {
    LogMessage(GetParam().level, "model/net.cc", "Forward", 12).stream()
        << "first line\nsecond line";
  }
};

TEST_P(LoggerFormat, IsMmenginesInColourOnATerminal) {
  Logger::Options options;
  options.level = "DEBUG";
  options.color = Logger::Color::kAlways;
  ASSERT_TRUE(Logger::Initialize(options).ok());
  CaptureStdout();

  Log();

  EXPECT_EQ(WithoutTime(GetCapturedStdout()),
            GoldenLines()[absl::StrCat("terminal ", GetParam().name)]);
}

TEST_P(LoggerFormat, IsMmenginesInTheFile) {
  Logger::Options options;
  options.level = "DEBUG";
  options.color = Logger::Color::kAlways;
  options.path = TempPath("format.log");
  ASSERT_TRUE(Logger::Initialize(options).ok());
  CaptureStdout();

  Log();

  GetCapturedStdout();
  EXPECT_EQ(WithoutTime(ReadFile(options.path)),
            GoldenLines()[absl::StrCat("file ", GetParam().name)]);
}

INSTANTIATE_TEST_SUITE_P(Levels, LoggerFormat,
                         ::testing::Values(LevelCase{"DEBUG", LogLevel::DEBUG},
                                           LevelCase{"INFO", LogLevel::INFO},
                                           LevelCase{"WARNING",
                                                     LogLevel::WARNING},
                                           LevelCase{"ERROR", LogLevel::ERROR}),
                         [](const auto& info) { return info.param.name; });

TEST(Logger, TimeHasAYearInTheFileOnly) {
  Logger::Options options;
  options.path = TempPath("time.log");
  ASSERT_TRUE(Logger::Initialize(options).ok());
  CaptureStdout();

  ANNEAL_LOG(INFO) << "text";

  const std::string time = "[0-9]+/[0-9]+ [0-9]+:[0-9]+:[0-9]+";
  EXPECT_THAT(GetCapturedStdout(),
              MatchesRegex(time + " - anneal - INFO - text\n"));
  EXPECT_THAT(
      ReadFile(options.path),
      MatchesRegex("20[0-9][0-9]/" + time + " - anneal - INFO - text\n"));
}

TEST(Logger, PipedOutputHasNoColour) {
  ASSERT_TRUE(Logger::Initialize({}).ok());
  CaptureStdout();

  ANNEAL_LOG(WARNING) << "text";

  EXPECT_THAT(GetCapturedStdout(), Not(HasSubstr("\x1b")));
}

TEST(Logger, NameStandsInEveryLine) {
  Logger::Options options;
  options.name = "mine";
  ASSERT_TRUE(Logger::Initialize(options).ok());
  CaptureStdout();

  ANNEAL_LOG(INFO) << "text";

  EXPECT_THAT(GetCapturedStdout(), HasSubstr(" - mine - INFO - text"));
}

TEST(Logger, LongTextStaysWhole) {
  ASSERT_TRUE(Logger::Initialize({}).ok());
  const std::string text(100000, 'x');
  CaptureStdout();

  ANNEAL_LOG(INFO) << text;

  EXPECT_THAT(GetCapturedStdout(), HasSubstr(text));
}

TEST(Logger, RepeatedWarningIsShownOnce) {
  ASSERT_TRUE(Logger::Initialize({}).ok());
  CaptureStdout();

  for (int i = 0; i < 2; ++i) ANNEAL_LOG(WARNING) << "careful";
  for (int i = 0; i < 2; ++i) ANNEAL_LOG(INFO) << "step";

  EXPECT_EQ(WithoutTime(GetCapturedStdout()),
            "TIME - anneal - WARNING - careful\n"
            "TIME - anneal - INFO - step\n"
            "TIME - anneal - INFO - step\n");
}

TEST(Logger, OtherRanksShowErrorsAndWriteNoFile) {
  Logger::Options options;
  options.rank = 1;
  options.world_size = 2;
  options.path = TempPath("rank1.log");
  ASSERT_TRUE(Logger::Initialize(options).ok());
  CaptureStdout();

  ANNEAL_LOG(WARNING) << "a warning";
  ANNEAL_LOG(ERROR) << "an error";

  const std::string out = GetCapturedStdout();
  EXPECT_THAT(out, HasSubstr("an error"));
  EXPECT_THAT(out, Not(HasSubstr("a warning")));
  EXPECT_FALSE(std::ifstream(options.path).is_open());
}

TEST(Logger, DistributedRanksWriteAFileEach) {
  setenv("LOGNAME", "me", 1);
  unsetenv("CUDA_VISIBLE_DEVICES");
  Logger::Options options;
  options.rank = 3;
  options.world_size = 4;
  options.local_rank = 1;
  options.distributed = true;
  options.path = TempPath("ranks.log");
  ASSERT_TRUE(Logger::Initialize(options).ok());
  CaptureStdout();

  ANNEAL_LOG(INFO) << "text";

  EXPECT_EQ(GetCapturedStdout(), "");
  const std::string path = Logger::Current()->log_file();
  EXPECT_THAT(path, MatchesRegex(TempPath("ranks_me@.*_device1_rank3.log")));
  EXPECT_EQ(WithoutTime(ReadFile(path)), "TIME - anneal - INFO - text\n");
}

TEST(Logger, DebugMakesRanksWriteTheirFilesOnDevicesThatAreVisible) {
  setenv("CUDA_VISIBLE_DEVICES", "4,6", 1);
  Logger::Options options;
  options.level = "DEBUG";
  options.world_size = 2;
  options.local_rank = 1;
  options.path = TempPath("debug.log");

  ASSERT_TRUE(Logger::Initialize(options).ok());

  unsetenv("CUDA_VISIBLE_DEVICES");
  EXPECT_THAT(Logger::Current()->log_file(), HasSubstr("_device6_rank0.log"));
}

TEST(Logger, AppendsToTheFileInModeA) {
  Logger::Options options;
  options.path = TempPath("append.log");
  options.file_mode = "a";
  std::ofstream(options.path) << "before\n";
  ASSERT_TRUE(Logger::Initialize(options).ok());
  CaptureStdout();

  ANNEAL_LOG(INFO) << "text";

  GetCapturedStdout();
  EXPECT_EQ(WithoutTime(ReadFile(options.path)),
            "before\nTIME - anneal - INFO - text\n");
}

TEST(Logger, JsonLinesGoToTheFileOnly) {
  Logger::Options options;
  options.path = TempPath("json.log");
  options.json_lines = true;
  ASSERT_TRUE(Logger::Initialize(options).ok());
  CaptureStdout();

  ANNEAL_LOG(INFO) << "a \"text\"";

  EXPECT_EQ(WithoutTime(GetCapturedStdout()),
            "TIME - anneal - INFO - a \"text\"\n");
  EXPECT_THAT(ReadFile(options.path),
              HasSubstr(R"("message":"a \"text\"","file":)"));
}

TEST(Logger, FileRotates) {
  Logger::Options options;
  options.path = TempPath("rotated.log");
  options.max_bytes = 60;
  options.backup_count = 1;
  ASSERT_TRUE(Logger::Initialize(options).ok());
  CaptureStdout();

  for (int i = 0; i < 3; ++i) ANNEAL_LOG(INFO) << "line " << i;

  GetCapturedStdout();
  EXPECT_EQ(WithoutTime(ReadFile(options.path)),
            "TIME - anneal - INFO - line 2\n");
  EXPECT_EQ(WithoutTime(ReadFile(options.path + ".1")),
            "TIME - anneal - INFO - line 1\n");
}

TEST(Logger, MacrosWriteToTheLoggerThatWasInitializedLast) {
  Logger::Options options;
  options.instance_name = "first";
  options.path = TempPath("first.log");
  ASSERT_TRUE(Logger::Initialize(options).ok());
  options.instance_name = "second";
  options.path = TempPath("second.log");
  ASSERT_TRUE(Logger::Initialize(options).ok());
  CaptureStdout();

  ANNEAL_LOG(INFO) << "text";
  (*Logger::Find("first"))->Log({LogLevel::INFO, "f.cc", "F", 1, "to first"});

  GetCapturedStdout();
  EXPECT_EQ(Logger::Current(), *Logger::Find("second"));
  EXPECT_THAT(ReadFile(TempPath("second.log")), HasSubstr("text"));
  EXPECT_EQ(WithoutTime(ReadFile(TempPath("first.log"))),
            "TIME - anneal - INFO - to first\n");
  ASSERT_TRUE(Logger::Initialize({}).ok());
}

TEST(Logger, UnknownInstanceNamesThoseThereAre) {
  ASSERT_TRUE(Logger::Initialize({}).ok());

  const absl::Status status = Logger::Find("other").status();

  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr("no logger \"other\""), HasSubstr("anneal")));
}

TEST(Logger, WrongFileModeKeepsTheSetUp) {
  Logger::Options options;
  options.path = TempPath("kept.log");
  ASSERT_TRUE(Logger::Initialize(options).ok());
  options.file_mode = "r";

  const absl::Status status = Logger::Initialize(options);

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("file_mode is \"r\""));
  EXPECT_EQ(Logger::Current()->log_file(), options.path);
  ASSERT_TRUE(Logger::Initialize({}).ok());
}

TEST(Logger, LinesOfThreadsStayWhole) {
  Logger::Options options;
  options.path = TempPath("threads.log");
  ASSERT_TRUE(Logger::Initialize(options).ok());
  CaptureStdout();

  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([] {
      for (int j = 0; j < 100; ++j)
        ANNEAL_LOG(INFO) << "abc"
                         << "def";
    });
  }
  for (std::thread& thread : threads) thread.join();

  GetCapturedStdout();
  std::string expected;
  for (int i = 0; i < 400; ++i) expected += "TIME - anneal - INFO - abcdef\n";
  EXPECT_EQ(WithoutTime(ReadFile(options.path)), expected);
}

TEST(Logger, UnknownLevelNamesTheChoicesAndKeepsTheSetUp) {
  ASSERT_TRUE(Logger::Initialize({}).ok());
  Logger::Options options;
  options.level = "LOUD";

  const absl::Status status = Logger::Initialize(options);

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("\"LOUD\"; it must be DEBUG, INFO, WARNING or ERROR"));
  EXPECT_TRUE(LogEnabled(LogLevel::INFO));
}

TEST(Logger, FileThatCannotBeOpenedIsNamed) {
  Logger::Options options;
  options.path = TempPath("no/such/folder/run.log");

  const absl::Status status = Logger::Initialize(options);

  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("open the log file " + options.path));
}

TEST(Logger, FullDiskIsReportedOnce) {
  Logger::Options options;
  options.path = "/dev/full";
  ASSERT_TRUE(Logger::Initialize(options).ok());
  CaptureStdout();
  CaptureStderr();

  ANNEAL_LOG(INFO) << "one";
  ANNEAL_LOG(INFO) << "two";

  EXPECT_THAT(GetCapturedStdout(), HasSubstr("two"));
  EXPECT_THAT(GetCapturedStderr(),
              MatchesRegex("can't write the log file /dev/full: No space left "
                           "on device[^\n]*\n"));
  ASSERT_TRUE(Logger::Initialize({}).ok());
}

class RecordingObserver : public LineObserver {
 public:
  void BeforeLine() override {
    calls.push_back("before");
    if (logs) ANNEAL_LOG(INFO) << "from the observer";
  }
  void AfterLine() override { calls.push_back("after"); }

  std::vector<std::string> calls;
  bool logs = false;
};

TEST(Logger, ObserverSurroundsEachLineUntilRemoved) {
  ASSERT_TRUE(Logger::Initialize({}).ok());
  RecordingObserver observer;
  CaptureStdout();

  Logger::SetLineObserver(&observer);
  ANNEAL_LOG(INFO) << "seen";
  Logger::SetLineObserver(nullptr);
  ANNEAL_LOG(INFO) << "unseen";

  GetCapturedStdout();
  EXPECT_THAT(observer.calls, ElementsAre("before", "after"));
}

TEST(Logger, ObserverThatLogsDoesNotDeadlock) {
  ASSERT_TRUE(Logger::Initialize({}).ok());
  RecordingObserver observer;
  observer.logs = true;
  CaptureStdout();
  CaptureStderr();

  Logger::SetLineObserver(&observer);
  ANNEAL_LOG(INFO) << "text";
  Logger::SetLineObserver(nullptr);

  EXPECT_THAT(GetCapturedStdout(), HasSubstr("text"));
  EXPECT_EQ(GetCapturedStderr(), "from the observer\n");
}

}  // namespace
}  // namespace anneal
