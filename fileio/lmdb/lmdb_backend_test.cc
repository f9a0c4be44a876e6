#include "fileio/lmdb/lmdb_backend.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "fileio/file_client.h"

namespace anneal {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

constexpr char kGolden[] = "fileio/lmdb/testdata/python.lmdb";

std::unique_ptr<LmdbBackend> Open(const std::string& path,
                                  bool readonly = true) {
  LmdbOptions options;
  options.db_path = path;
  options.readonly = readonly;
  auto backend = LmdbBackend::Create(options);
  EXPECT_TRUE(backend.ok()) << backend.status();
  return *std::move(backend);
}

std::string FreshFolder() {
  const std::string folder =
      ::testing::TempDir() + "/" +
      ::testing::UnitTest::GetInstance()->current_test_info()->name();
  fs::remove_all(folder);
  return folder;
}

fileio::BackendArgs Args(const std::string& path) {
  fileio::BackendArgs args;
  (*args.mutable_fields())["backend"].set_string_value("lmdb");
  (*args.mutable_fields())["db_path"].set_string_value(path);
  return args;
}

TEST(LmdbBackend, ReadsWhatPythonWrote) {
  const auto backend = Open(kGolden);
  std::string all_bytes;
  for (int i = 0; i < 256; ++i) all_bytes += static_cast<char>(i);

  EXPECT_EQ(*backend->Get("a"), "1");
  EXPECT_EQ(*backend->Get("empty"), "");
  EXPECT_EQ(*backend->Get("dir/x.bin"), all_bytes);
  EXPECT_EQ(*backend->Get("large"), std::string(5000, 'L'));
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(*backend->Get(absl::StrFormat("key%03d", i)), absl::StrCat(i));
  }
}

TEST(LmdbBackend, OpensTheFileItself) {
  EXPECT_EQ(*Open(absl::StrCat(kGolden, "/data.mdb"))->Get("a"), "1");
}

TEST(LmdbBackend, IsChosenByArguments) {
  EXPECT_EQ(*fileio::Get("a", Args(kGolden)), "1");
  EXPECT_EQ(*fileio::GetText("key007", Args(kGolden)), "7");
  EXPECT_EQ(fs::path(fileio::GetLocalPath("dir/x.bin", Args(kGolden))->path())
                .filename(),
            "x.bin");
}

TEST(LmdbBackend, TellsWhatIsThere) {
  const auto backend = Open(kGolden);

  EXPECT_TRUE(*backend->Exists("a"));
  EXPECT_TRUE(*backend->IsFile("dir/x.bin"));
  EXPECT_FALSE(*backend->IsDir("dir"));
  EXPECT_FALSE(*backend->Exists("dir"));
  EXPECT_FALSE(*backend->Exists(""));
}

TEST(LmdbBackend, NamesTheKeyThatIsMissing) {
  const absl::Status status = Open(kGolden)->Get("none").status();

  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(std::string(status.message()),
            absl::StrCat(kGolden, " has no key \"none\""));
}

TEST(LmdbBackend, RefusesKeysThatLmdbLacks) {
  const auto backend = Open(kGolden);
  for (const std::string& key : {std::string(), std::string(600, 'x')}) {
    const absl::Status status = backend->Get(key).status();
    // LMDB looks a long key up all the same.
    EXPECT_FALSE(status.ok());
    EXPECT_THAT(std::string(status.message()), HasSubstr(kGolden));
  }
}

TEST(LmdbBackend, WritesNothingReadonly) {
  const auto backend = Open(kGolden);

  for (const absl::Status& status :
       {backend->Put("x", "a"), backend->Remove("a")}) {
    EXPECT_EQ(status.code(), absl::StatusCode::kPermissionDenied);
    EXPECT_THAT(std::string(status.message()),
                HasSubstr(absl::StrCat(kGolden, ": a")));
  }
}

TEST(LmdbBackend, KeepsWhatWasPut) {
  const std::string folder = FreshFolder();
  {
    const auto backend = Open(folder, /*readonly=*/false);
    ASSERT_TRUE(backend->Put("1", "a").ok());
    ASSERT_TRUE(backend->Put("2", "a").ok());
    ASSERT_TRUE(backend->Put("3", "b").ok());
    ASSERT_TRUE(backend->Remove("b").ok());
    EXPECT_EQ(*backend->Get("a"), "2");
    EXPECT_TRUE(absl::IsNotFound(backend->Remove("b")));
    const absl::Status long_key = backend->Put("x", std::string(600, 'x'));
    EXPECT_EQ(long_key.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(long_key.message()),
                HasSubstr("a key is 1 to 511 bytes"));
  }
  const auto again = Open(folder);

  EXPECT_EQ(*again->Get("a"), "2");
  EXPECT_FALSE(*again->Exists("b"));
}

TEST(LmdbBackend, SaysThatItIsFull) {
  LmdbOptions options;
  options.db_path = FreshFolder();
  options.readonly = false;
  options.map_size = 1 << 16;
  const auto backend = *LmdbBackend::Create(options);
  ASSERT_TRUE(backend->Put("1", "a").ok());
  const absl::Status status = backend->Put(std::string(1 << 17, 'x'), "b");

  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(status.message()), HasSubstr("a larger map_size"));
  EXPECT_EQ(*backend->Get("a"), "1");
}

TEST(LmdbBackend, ServesThreads) {
  const auto backend = Open(kGolden);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&backend] {
      for (int i = 0; i < 1000; ++i) {
        EXPECT_EQ(*backend->Get(absl::StrFormat("key%03d", i % 100)),
                  absl::StrCat(i % 100));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST(LmdbBackend, ServesReadersWhileItIsWritten) {
  const auto backend = Open(FreshFolder(), /*readonly=*/false);
  // Values of several pages, which every Put frees for the next but one.
  constexpr size_t kSize = 20000;
  ASSERT_TRUE(backend->Put(std::string(kSize, 'a'), "k").ok());
  std::atomic<bool> done(false);
  std::vector<std::thread> readers;
  for (int t = 0; t < 3; ++t) {
    readers.emplace_back([&] {
      while (!done) {
        const absl::StatusOr<std::string> value = backend->Get("k");
        ASSERT_TRUE(value.ok()) << value.status();
        ASSERT_EQ(*value, std::string(kSize, (*value)[0]));
      }
    });
  }
  for (int i = 0; i < 200; ++i) {
    EXPECT_TRUE(backend->Put(std::string(kSize, 'a' + i % 26), "k").ok());
  }
  done = true;
  for (std::thread& reader : readers) reader.join();
}

TEST(LmdbBackend, SaysWhatIsNoDatabase) {
  const std::string folder = FreshFolder();
  fs::create_directories(folder);
  LmdbOptions options;
  options.db_path = folder + "/none";
  const absl::Status missing = LmdbBackend::Create(options).status();
  options.db_path = folder + "/text";
  std::ofstream(options.db_path) << std::string(10000, 'x');
  const absl::Status other = LmdbBackend::Create(options).status();

  EXPECT_EQ(missing.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(missing.message()), HasSubstr(folder + "/none"));
  EXPECT_EQ(other.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(other.message()), HasSubstr("LMDB's data.mdb?"));
}

TEST(LmdbBackend, WantsItsArguments) {
  fileio::BackendArgs args;
  (*args.mutable_fields())["backend"].set_string_value("lmdb");
  const absl::Status no_path = fileio::Get("a", args).status();
  args = Args(kGolden);
  (*args.mutable_fields())["read_only"].set_bool_value(true);
  const absl::Status unknown = fileio::Get("a", args).status();

  EXPECT_EQ(no_path.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(no_path.message()),
              HasSubstr("db_path: is required"));
  EXPECT_EQ(unknown.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(unknown.message()), HasSubstr("\"readonly\"?"));
}

}  // namespace
}  // namespace anneal
