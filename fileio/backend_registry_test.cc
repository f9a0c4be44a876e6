#include "fileio/backend_registry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "fileio/backend_args.h"

namespace anneal::fileio {
namespace {

using ::testing::HasSubstr;

// Gives its name and an argument for every path.
class NamedBackend : public FileBackend {
 public:
  explicit NamedBackend(std::string text) : text_(std::move(text)) {}
  std::string name() const override { return "NamedBackend"; }
  absl::StatusOr<std::string> Get(const std::string&) const override {
    return text_;
  }

 private:
  const std::string text_;
};

BackendFactory Named(const std::string& name) {
  return [name](const BackendArgs& args)
             -> absl::StatusOr<std::unique_ptr<const FileBackend>> {
    BackendArgsReader reader(name, args);
    const std::string tail = reader.String("tail", "");
    if (absl::Status status = reader.Finish(); !status.ok()) return status;
    return std::make_unique<NamedBackend>(name + tail);
  };
}

BackendArgs Args(const std::string& key, const std::string& value) {
  BackendArgs args;
  (*args.mutable_fields())[key].set_string_value(value);
  return args;
}

std::string What(const std::string& uri, const BackendArgs& args = {}) {
  return *(*GetFileBackend(uri, args))->Get("");
}

const BackendRegistration kRegistration("early", Named("early"), {"early"});

TEST(BackendRegistry, HasTheLocalOneForPathsWithoutAPrefix) {
  for (const char* uri : {"", "a/b", "/a", "file:///a", "c:\\a"}) {
    EXPECT_EQ((*GetFileBackend(uri))->name(), "LocalBackend") << uri;
  }
  EXPECT_EQ((*GetFileBackend("x://a", Args("backend", "local")))->name(),
            "LocalBackend");
}

TEST(BackendRegistry, RegistersBeforeMain) {
  EXPECT_EQ(What("early://a"), "early");
}

TEST(BackendRegistry, PicksByPrefixOrByName) {
  ASSERT_TRUE(RegisterBackend("two", Named("two"), {"two", "zwei"}).ok());

  EXPECT_EQ(What("two://a"), "two");
  EXPECT_EQ(What("zwei://a"), "two");
  EXPECT_EQ(What("cluster:two://a"), "two");
  EXPECT_EQ(What("two://a", Args("backend", "early")), "early");
  EXPECT_EQ(What("a", Args("backend", "two")), "two");
}

TEST(BackendRegistry, MakesOneForTheSameArguments) {
  BackendArgs args = Args("tail", "!");
  const FileBackend* plain = *GetFileBackend("early://a");
  const FileBackend* with_tail = *GetFileBackend("early://a", args);

  EXPECT_EQ(plain, *GetFileBackend("early://b"));
  EXPECT_EQ(with_tail, *GetFileBackend("early://b", args));
  EXPECT_NE(plain, with_tail);
  EXPECT_EQ(*with_tail->Get(""), "early!");
}

TEST(BackendRegistry, TakesANameAndAPrefixOnce) {
  ASSERT_TRUE(RegisterBackend("once", Named("first"), {"once"}).ok());
  const absl::Status name = RegisterBackend("once", Named("second"));
  const absl::Status prefix =
      RegisterBackend("other", Named("second"), {"free", "once"});

  EXPECT_EQ(name.code(), absl::StatusCode::kAlreadyExists);
  EXPECT_THAT(std::string(name.message()), HasSubstr("for once is"));
  EXPECT_EQ(prefix.code(), absl::StatusCode::kAlreadyExists);
  EXPECT_THAT(std::string(prefix.message()), HasSubstr("once://"));
  EXPECT_TRUE(absl::IsNotFound(GetFileBackend("free://a").status()));
  EXPECT_EQ(What("once://a"), "first");
}

TEST(BackendRegistry, ReplacesByForceAndKeepsTheOlderObject) {
  ASSERT_TRUE(RegisterBackend("forced", Named("first"), {"forced"}).ok());
  const FileBackend* first = *GetFileBackend("forced://a");
  ASSERT_TRUE(
      RegisterBackend("forced", Named("second"), {"forced"}, true).ok());

  EXPECT_EQ(What("forced://a"), "second");
  EXPECT_EQ(*first->Get(""), "first");
}

TEST(BackendRegistry, ListsWhatThereIs) {
  const absl::Status prefix = GetFileBackend("s9://bucket/key").status();
  const absl::Status name =
      GetFileBackend("a", Args("backend", "tape")).status();

  EXPECT_EQ(prefix.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(prefix.message()),
              HasSubstr("no backend for s9:// is linked; there are: "));
  EXPECT_THAT(std::string(prefix.message()), HasSubstr("file://"));
  EXPECT_EQ(name.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(name.message()), HasSubstr("no backend \"tape\""));
  EXPECT_THAT(std::string(name.message()), HasSubstr("local"));
}

TEST(BackendRegistry, GivesTheFactorysErrors) {
  const absl::Status local = GetFileBackend("a", Args("x", "y")).status();
  const absl::Status early =
      GetFileBackend("early://a", Args("tali", "y")).status();

  EXPECT_EQ(local.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(local.message()), HasSubstr("there is no x"));
  EXPECT_THAT(std::string(early.message()), HasSubstr("\"tail\"?"));
}

TEST(BackendRegistry, LetsAFactoryUseOtherBackends) {
  ASSERT_TRUE(RegisterBackend(
                  "outer",
                  [](const BackendArgs&)
                      -> absl::StatusOr<std::unique_ptr<const FileBackend>> {
                    return std::make_unique<NamedBackend>("outer of " +
                                                          What("early://"));
                  },
                  {"outer"})
                  .ok());

  EXPECT_EQ(What("outer://a"), "outer of early");
}

TEST(BackendRegistry, TakesThreads) {
  std::vector<std::thread> threads;
  std::vector<const FileBackend*> found(4);
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&found, i] {
      const std::string name = "thread" + std::to_string(i);
      EXPECT_TRUE(RegisterBackend(name, Named(name), {name}).ok());
      EXPECT_EQ(What(name + "://"), name);
      found[i] = *GetFileBackend("early://", Args("tail", "threads"));
    });
  }
  for (std::thread& thread : threads) thread.join();

  EXPECT_THAT(found, ::testing::Each(found[0]));
}

TEST(BackendRegistrationDeathTest, DiesOfANameThatIsTaken) {
  EXPECT_DEATH(BackendRegistration("local", Named("x")),
               "local is registered already");
}

}  // namespace
}  // namespace anneal::fileio
