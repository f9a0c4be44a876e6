// Random damage to valid files: never a crash, an endless loop, an absurd
// allocation, or an error of a kind that LoadPth's contract does not name.
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <random>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "fileio/pickle/pickle_reader.h"
#include "fileio/pth/pth.h"
#include "fileio/pth/zip_reader.h"
#include "fileio/value_text.h"

namespace anneal {
namespace {

// No allocation may take the program's address space past this.
constexpr rlim_t kMoreMemory = rlim_t{512} << 20;

[[maybe_unused]] rlim_t AddressSpace() {
  std::ifstream file("/proc/self/statm");
  rlim_t pages = 0;
  file >> pages;
  return pages * 4096;
}

class MutationTest : public ::testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    whole_ = ReadTestdata(GetParam());
    ASSERT_FALSE(whole_.empty());
    getrlimit(RLIMIT_AS, &before_);
#ifndef __SANITIZE_ADDRESS__
    const struct rlimit bounded = {AddressSpace() + kMoreMemory,
                                   before_.rlim_max};
    ASSERT_EQ(setrlimit(RLIMIT_AS, &bounded), 0);
#endif
  }
  void TearDown() override { setrlimit(RLIMIT_AS, &before_); }

  static absl::StatusOr<Value> Load(const std::string& bytes) {
    const std::string path = ::testing::TempDir() + "/mutated.pth";
    // A new file each time: to cut an old one short waits for the disk.
    std::remove(path.c_str());
    std::ofstream(path, std::ios::binary) << bytes;
    return LoadPth(path);
  }

  bool is_zip() const { return absl::StartsWith(whole_, "PK"); }

  std::string whole_;

 private:
  struct rlimit before_;
};

bool IsDamage(const absl::Status& status) {
  return absl::IsDataLoss(status) || absl::IsInvalidArgument(status);
}

// `bytes` with one to three changes of bits, bytes, integers or pieces.
std::string Mutate(std::string bytes, std::mt19937_64* random) {
  const auto below = [random](size_t n) { return n ? (*random)() % n : 0; };
  constexpr char kLengths[][5] = {"\xff\xff\xff\x7f", "\xff\xff\xff\xff",
                                  "\x01\x00\x00\x80", "\x00\x00\x00\x00"};
  for (size_t changes = 1 + below(3); changes > 0; --changes) {
    const size_t at = below(bytes.size());
    const size_t size = below(std::min<size_t>(16, bytes.size() - at) + 1);
    switch (below(6)) {
      case 0:
        if (!bytes.empty()) bytes[at] ^= 1 << below(8);
        break;
      case 1:
        if (!bytes.empty()) bytes[at] = static_cast<char>((*random)());
        break;
      case 2:
        bytes.erase(at, size);
        break;
      case 3:  // a piece again elsewhere
        bytes.insert(below(bytes.size() + 1), bytes.substr(at, size));
        break;
      case 4:
        if (bytes.size() - at >= 4) {
          bytes.replace(at, 4, kLengths[below(4)], 4);
        }
        break;
      default:  // an opcode
        bytes.insert(at, 1, ".(JKMNQRUXab}ce]hjqrst)uG"[below(25)]);
    }
  }
  return bytes;
}

TEST_P(MutationTest, FilesAreReadOrRefused) {
  std::mt19937_64 random(0);
  int num_refused = 0;
  for (int i = 0; i < 4000; ++i) {
    const absl::Status status = Load(Mutate(whole_, &random)).status();
    num_refused += !status.ok();
    EXPECT_TRUE(status.ok() || IsDamage(status)) << i << ": " << status;
  }
  EXPECT_GT(num_refused, 1000);
}

// Behind the zip's checksums.
TEST_P(MutationTest, PicklesAreReadOrRefused) {
  std::string pickle = whole_;
  if (is_zip()) {
    const auto zip = ZipReader::Open(whole_);
    ASSERT_TRUE(zip.ok()) << zip.status();
    for (const std::string& name : zip->names()) {
      if (absl::EndsWith(name, "/data.pkl")) {
        pickle = std::string(*zip->Read(name));
      }
    }
  }
  const StorageLoader zeros =
      [](const StorageId& id) -> absl::StatusOr<at::Tensor> {
    if (id.numel > 1000) return absl::DataLossError("too long");
    return at::zeros({id.numel}, id.dtype);
  };
  std::mt19937_64 random(1);
  int num_refused = 0;
  for (int i = 0; i < 10000; ++i) {
    const std::string mutated = Mutate(pickle, &random);
    const absl::Status status = ReadPickle(mutated, zeros).status();
    num_refused += !status.ok();
    EXPECT_TRUE(status.ok() || IsDamage(status)) << i << ": " << status;
  }
  EXPECT_GT(num_refused, 1000);
}

TEST_P(MutationTest, EveryTruncationIsFound) {
  const size_t step = whole_.size() < 2000 ? 1 : 7;
  for (size_t size = 0; size < whole_.size(); size += step) {
    const absl::Status status = Load(whole_.substr(0, size)).status();
    EXPECT_TRUE(IsDamage(status)) << size << ": " << status;
  }
}

// A zip's flipped bits are found, or are of those that carry nothing. The
// legacy form has no checksums.
TEST_P(MutationTest, FlippedBitsAreFound) {
  const absl::StatusOr<Value> whole = Load(whole_);
  ASSERT_TRUE(whole.ok()) << whole.status();
  const size_t step = whole_.size() < 2000 ? 1 : 29;
  for (size_t bit = 0; bit < 8 * whole_.size(); bit += step) {
    std::string flipped = whole_;
    flipped[bit / 8] ^= 1 << (bit % 8);
    const absl::StatusOr<Value> value = Load(flipped);
    if (value.ok()) {
      EXPECT_TRUE(!is_zip() || BitIdentical(*value, *whole)) << "bit " << bit;
    } else {
      EXPECT_TRUE(IsDamage(value.status())) << bit << ": " << value.status();
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Files, MutationTest,
                         ::testing::Values("small_zip.pth", "small_legacy.pth",
                                           "kinds_zip.pth", "kinds_legacy.pth",
                                           "mmengine.pth"),
                         [](const auto& info) {
                           std::string name = info.param;
                           name.resize(name.find('.'));
                           return name;
                         });

}  // namespace
}  // namespace anneal
