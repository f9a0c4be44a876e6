// What every backend does alike, over servers and files of the test's own.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "fileio/file_backend.h"
#include "fileio/http/curl_transport.h"
#include "fileio/http/http_backend.h"
#include "fileio/http/test_server.h"
#include "fileio/lmdb/lmdb_backend.h"
#include "fileio/local/local_backend.h"
#include "fileio/memcached/memcached_backend.h"
#include "fileio/memcached/memcached_test_server.h"
#include "fileio/s3/s3_backend.h"
#include "fileio/s3/s3_test_server.h"

namespace anneal {
namespace {

namespace fs = std::filesystem;
using ::testing::AnyOf;
using ::testing::ElementsAre;
using ::testing::Eq;
using ::testing::HasSubstr;

// A backend and its storage, which is empty.
class Storage {
 public:
  virtual ~Storage() = default;

  virtual const FileBackend& backend() const = 0;
  // The backend's path of a file.
  virtual std::string Path(const std::string& name) const { return name; }
  // Puts a file there by whatever way there is.
  virtual void Seed(const std::string& name, const std::string& bytes) {
    const absl::Status status = backend().Put(bytes, Path(name));
    ASSERT_TRUE(status.ok()) << status;
  }
  virtual bool writes() const { return true; }
  virtual bool has_folders() const { return false; }
};

std::string FreshFolder(const std::string& name) {
  const std::string folder = absl::StrCat(::testing::TempDir(), "/", name);
  fs::remove_all(folder);
  fs::create_directories(folder);
  return folder;
}

class LocalStorage : public Storage {
 public:
  const FileBackend& backend() const override { return backend_; }
  std::string Path(const std::string& name) const override {
    return absl::StrCat(folder_, "/", name);
  }
  bool has_folders() const override { return true; }

 private:
  const std::string folder_ = FreshFolder("local");
  const LocalBackend backend_;
};

class HttpStorage : public Storage {
 public:
  const FileBackend& backend() const override { return backend_; }
  std::string Path(const std::string& name) const override {
    return server_.Url(absl::StrCat("/kept/", name));
  }
  void Seed(const std::string& name, const std::string& bytes) override {
    HttpRequest request;
    request.method = "PUT";
    request.url = Path(name);
    request.body = bytes;
    ASSERT_EQ(CurlTransport().Exchange(request, nullptr).response.status, 200);
  }
  bool writes() const override { return false; }

 private:
  const TestServer server_{"fileio/http/test_server.py"};
  const HTTPBackend backend_{HttpOptions()};
};

class S3Storage : public Storage {
 public:
  const FileBackend& backend() const override { return *backend_; }
  std::string Path(const std::string& name) const override {
    return absl::StrCat("s3://bucket/", name);
  }
  bool has_folders() const override { return true; }

 private:
  const S3TestServer server_;
  const std::unique_ptr<S3Backend> backend_ = server_.Backend();
};

class LmdbStorage : public Storage {
 public:
  const FileBackend& backend() const override { return *backend_; }

 private:
  static std::unique_ptr<LmdbBackend> Open() {
    LmdbOptions options;
    options.db_path = FreshFolder("lmdb");
    options.readonly = false;
    options.map_size = 64 << 20;
    return *LmdbBackend::Create(options);
  }

  const std::unique_ptr<LmdbBackend> backend_ = Open();
};

class MemcachedStorage : public Storage {
 public:
  const FileBackend& backend() const override { return *backend_; }

 private:
  std::unique_ptr<MemcachedBackend> Open() {
    MemcachedOptions options;
    options.servers = {server_.address()};
    return *MemcachedBackend::Create(options);
  }

  MemcachedTestServer server_;
  const std::unique_ptr<MemcachedBackend> backend_ = Open();
};

struct Kind {
  const char* name;
  std::unique_ptr<Storage> (*make)();
};

void PrintTo(const Kind& kind, std::ostream* out) { *out << kind.name; }

template <typename T>
std::unique_ptr<Storage> Make() {
  return std::make_unique<T>();
}

class BackendConformance : public ::testing::TestWithParam<Kind> {
 protected:
  void Seed(const std::string& name, const std::string& bytes) {
    storage_->Seed(name, bytes);
  }
  std::string Path(const std::string& name) const {
    return storage_->Path(name);
  }
  std::string Bytes(const std::string& name) const {
    const auto bytes = backend_.Get(Path(name));
    return bytes.ok() ? *bytes : bytes.status().ToString();
  }
  static std::string LocalBytes(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  // That a backend without `operation` says so.
  void ExpectLacks(const absl::Status& status) const {
    EXPECT_EQ(status.code(), absl::StatusCode::kUnimplemented) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr(backend_.name()));
  }

  const std::unique_ptr<Storage> storage_ = GetParam().make();
  const FileBackend& backend_ = storage_->backend();
};

INSTANTIATE_TEST_SUITE_P(All, BackendConformance,
                         ::testing::Values(Kind{"Local", &Make<LocalStorage>},
                                           Kind{"HTTP", &Make<HttpStorage>},
                                           Kind{"S3", &Make<S3Storage>},
                                           Kind{"Lmdb", &Make<LmdbStorage>},
                                           Kind{"Memcached",
                                                &Make<MemcachedStorage>}),
                         [](const auto& info) { return info.param.name; });

TEST_P(BackendConformance, GetsTheBytesThatAreThere) {
  const std::string binary("\0binary\r\n\xff", 10);
  Seed("a/b.bin", binary);
  Seed("empty", "");
  Seed("large", PatternBytes(900000));

  EXPECT_EQ(Bytes("a/b.bin"), binary);
  EXPECT_EQ(Bytes("empty"), "");
  EXPECT_EQ(Bytes("large"), PatternBytes(900000));
}

TEST_P(BackendConformance, GetsTheLastThatWasPut) {
  Seed("a", "older and longer");
  Seed("a", "new");

  EXPECT_EQ(Bytes("a"), "new");
}

TEST_P(BackendConformance, GetsTextsOfUtf8Only) {
  Seed("text", "caf\xc3\xa9\n");
  Seed("latin", "caf\xe9\n");

  EXPECT_EQ(*backend_.GetText(Path("text")), "caf\xc3\xa9\n");
  const absl::Status status = backend_.GetText(Path("latin")).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr(absl::StrCat(Path("latin"), ": ")));
  EXPECT_THAT(std::string(status.message()), HasSubstr("no UTF-8 text"));
}

TEST_P(BackendConformance, TellsWhatIsThere) {
  Seed("a/b", "x");

  EXPECT_EQ(*backend_.Exists(Path("a/b")), true);
  EXPECT_EQ(*backend_.Exists(Path("a/c")), false);
  EXPECT_EQ(*backend_.Exists(Path("a/b/c")), false);
  const auto is_file = backend_.IsFile(Path("a/b"));
  const auto is_dir = backend_.IsDir(Path("a/b"));
  if (!storage_->writes()) {
    ExpectLacks(is_file.status());
    ExpectLacks(is_dir.status());
    return;
  }
  EXPECT_EQ(*is_file, true);
  EXPECT_EQ(*is_dir, false);
  EXPECT_EQ(*backend_.IsFile(Path("a/c")), false);
  EXPECT_EQ(*backend_.IsDir(Path("a")), storage_->has_folders());
}

TEST_P(BackendConformance, NamesWhatIsMissing) {
  const std::string local = FreshFolder("none") + "/f";
  std::vector<absl::Status> statuses = {
      backend_.Get(Path("none")).status(),
      backend_.GetText(Path("none")).status(),
      backend_.OpenInput(Path("none")).status(),
      backend_.CopyFileToLocal(Path("none"), local).status()};
  if (storage_->writes()) {
    statuses.push_back(backend_.CopyFile(Path("none"), Path("b")).status());
    statuses.push_back(backend_.Remove(Path("none")));
  }

  for (const absl::Status& status : statuses) {
    EXPECT_EQ(status.code(), absl::StatusCode::kNotFound) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr("none"));
  }
  EXPECT_FALSE(fs::exists(local));
}

TEST_P(BackendConformance, StreamsAFileByAnyPieces) {
  Seed("a", PatternBytes(900000));
  for (const size_t size : {7000, 1 << 20}) {
    auto input = backend_.OpenInput(Path("a"));
    ASSERT_TRUE(input.ok()) << input.status();
    std::string bytes;
    std::string buffer(size, '\0');
    while (const size_t got = *(*input)->Read(&buffer[0], size)) {
      ASSERT_LE(got, size);
      bytes.append(buffer, 0, got);
    }

    EXPECT_EQ(bytes, PatternBytes(900000));
    EXPECT_EQ((*input)->size(), 900000);
    EXPECT_EQ(*(*input)->Read(&buffer[0], size), 0) << "the end stays";
  }
}

TEST_P(BackendConformance, StreamsAnEmptyFile) {
  Seed("a", "");
  auto input = backend_.OpenInput(Path("a"));

  ASSERT_TRUE(input.ok()) << input.status();
  EXPECT_EQ(*ReadAll(input->get()), "");
}

TEST_P(BackendConformance, PutsAStreamAtItsCloseOrNotAtAll) {
  Seed("a", "older");
  Seed("b", "older");
  {
    auto closed = backend_.OpenOutput(Path("a"));
    auto left = backend_.OpenOutput(Path("b"));
    if (!storage_->writes()) {
      // Some say so when there is something to write only.
      ExpectLacks(closed.ok() ? (*closed)->Close() : closed.status());
      return;
    }
    ASSERT_TRUE((*closed)->Append("new ").ok());
    ASSERT_TRUE((*closed)->Append("bytes").ok());
    ASSERT_TRUE((*left)->Append("new").ok());
    EXPECT_EQ(Bytes("a"), "older");
    ASSERT_TRUE((*closed)->Close().ok());
  }

  EXPECT_EQ(Bytes("a"), "new bytes");
  EXPECT_EQ(Bytes("b"), "older");
}

TEST_P(BackendConformance, CopiesFilesFromAndToThisMachine) {
  const std::string folder = FreshFolder("copies");
  Seed("a.bin", PatternBytes(5000));

  EXPECT_EQ(*backend_.CopyFileToLocal(Path("a.bin"), folder + "/b"),
            folder + "/b");
  EXPECT_EQ(LocalBytes(folder + "/b"), PatternBytes(5000));
  EXPECT_EQ(*backend_.CopyFileToLocal(Path("a.bin"), folder),
            folder + "/a.bin");
  EXPECT_EQ(LocalBytes(folder + "/a.bin"), PatternBytes(5000));
  const auto copied = backend_.CopyFileFromLocal(folder + "/b", Path("c"));
  if (!storage_->writes()) return ExpectLacks(copied.status());
  EXPECT_EQ(*copied, Path("c"));
  EXPECT_EQ(Bytes("c"), PatternBytes(5000));
}

TEST_P(BackendConformance, CopiesAFileButNotToItself) {
  Seed("a", "x");
  Seed("b", "older");
  const auto copied = backend_.CopyFile(Path("a"), Path("b"));
  if (!storage_->writes()) return ExpectLacks(copied.status());
  EXPECT_EQ(*copied, Path("b"));
  EXPECT_EQ(Bytes("b"), "x");

  const absl::Status itself = backend_.CopyFile(Path("a"), Path("a")).status();
  EXPECT_EQ(itself.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(itself.message()), HasSubstr("to itself"));
  EXPECT_EQ(Bytes("a"), "x");
}

TEST_P(BackendConformance, GivesALocalPathWithTheBytes) {
  Seed("a.bin", "x");
  const auto local = backend_.GetLocalPath(Path("a.bin"));

  ASSERT_TRUE(local.ok()) << local.status();
  EXPECT_EQ(LocalBytes(local->path()), "x");
}

TEST_P(BackendConformance, Removes) {
  Seed("a", "x");
  const absl::Status status = backend_.Remove(Path("a"));
  if (!storage_->writes()) return ExpectLacks(status);

  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(*backend_.Exists(Path("a")), false);
}

TEST_P(BackendConformance, ListsCopiesAndRemovesTrees) {
  for (const char* name : {"d/2.pth", "d/1.log", "d/e/3.pth", "f"}) {
    Seed(name, name);
  }
  ListOptions deep;
  deep.recursive = true;
  deep.suffix = ".pth";
  const auto listed = backend_.ListDirOrFile(Path("d"), {});
  const auto copied = backend_.CopyTree(Path("d"), Path("g"));
  if (!storage_->has_folders()) {
    ExpectLacks(listed.status());
    ExpectLacks(copied.status());
    ExpectLacks(backend_.RmTree(Path("d")));
    return;
  }

  EXPECT_THAT(*listed, ElementsAre("1.log", "2.pth", "e"));
  EXPECT_THAT(*backend_.ListDirOrFile(Path("d"), deep),
              ElementsAre("2.pth", "e/3.pth"));
  EXPECT_EQ(*copied, Path("g"));
  EXPECT_EQ(Bytes("g/e/3.pth"), "d/e/3.pth");
  EXPECT_EQ(backend_.CopyTree(Path("d"), Path("g")).status().code(),
            absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(backend_.Remove(Path("d")).code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(backend_.RmTree(Path("d")).ok());
  EXPECT_EQ(*backend_.Exists(Path("d")), false);
  EXPECT_EQ(Bytes("f"), "f");
}

TEST_P(BackendConformance, ServesThreads) {
  for (int t = 0; t < 4; ++t) Seed(absl::StrCat("seed", t), absl::StrCat(t));
  std::vector<std::thread> threads;
  std::vector<int> num_right(4);
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 20; ++i) {
        const std::string key = Path(absl::StrCat("own", t));
        if (storage_->writes()) {
          num_right[t] += backend_.Put(absl::StrCat(i), key).ok() &&
                          *backend_.Get(key) == absl::StrCat(i);
        } else {
          num_right[t] += Bytes(absl::StrCat("seed", t)) == absl::StrCat(t);
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();

  EXPECT_EQ(num_right, std::vector<int>(4, 20));
}

TEST_P(BackendConformance, SaysThatItCanNotBeWrittenTo) {
  if (storage_->writes()) {
    EXPECT_TRUE(backend_.Put("x", Path("a")).ok());
    return;
  }
  ExpectLacks(backend_.Put("x", Path("a")));
}

}  // namespace
}  // namespace anneal
