#include "utils/errno_status.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <string>

namespace anneal {
namespace {

using ::testing::HasSubstr;

struct ErrnoCase {
  const char* name;
  int error;
  Access access;
  absl::StatusCode code;
  const char* remedy;
};

class ErrnoStatusTest : public ::testing::TestWithParam<ErrnoCase> {};

TEST_P(ErrnoStatusTest, HasItsCodeAndRemedy) {
  const absl::Status status =
      ErrnoStatus(GetParam().error, GetParam().access, "touch", "/x.pth");

  EXPECT_EQ(status.code(), GetParam().code);
  EXPECT_THAT(
      std::string(status.message()),
      AllOf(HasSubstr("can't touch /x.pth: "), HasSubstr(GetParam().remedy)));
}

constexpr Access kRead = Access::kRead;
constexpr Access kWrite = Access::kWrite;

INSTANTIATE_TEST_SUITE_P(
    Errors, ErrnoStatusTest,
    ::testing::Values(
        ErrnoCase{"Missing", ENOENT, kWrite, absl::StatusCode::kNotFound,
                  "check the path"},
        ErrnoCase{"MissingForAReader", ENOENT, kRead,
                  absl::StatusCode::kNotFound, "check the path"},
        ErrnoCase{"Access", EACCES, kWrite, absl::StatusCode::kPermissionDenied,
                  "choose a place you may write to"},
        ErrnoCase{"AccessForAReader", EACCES, kRead,
                  absl::StatusCode::kPermissionDenied, "the right to read it"},
        ErrnoCase{"ReadOnly", EROFS, kWrite,
                  absl::StatusCode::kPermissionDenied,
                  "choose a place you may write to"},
        ErrnoCase{"DiskFull", ENOSPC, kWrite,
                  absl::StatusCode::kResourceExhausted, "make room"},
        ErrnoCase{"Quota", EDQUOT, kWrite, absl::StatusCode::kResourceExhausted,
                  "make room"},
        ErrnoCase{"OpenFiles", EMFILE, kRead,
                  absl::StatusCode::kResourceExhausted, "ulimit -n"},
        ErrnoCase{"Exists", EEXIST, kWrite, absl::StatusCode::kAlreadyExists,
                  "in the way: remove it"},
        ErrnoCase{"ThroughAFile", ENOTDIR, kWrite,
                  absl::StatusCode::kAlreadyExists, "in the way: remove it"},
        ErrnoCase{"ThroughAFileForAReader", ENOTDIR, kRead,
                  absl::StatusCode::kNotFound, "check it"},
        ErrnoCase{"Folder", EISDIR, kRead, absl::StatusCode::kInvalidArgument,
                  "name a file"},
        ErrnoCase{"NameTooLong", ENAMETOOLONG, kWrite,
                  absl::StatusCode::kInvalidArgument, "shorter"},
        ErrnoCase{"Device", EIO, kRead, absl::StatusCode::kUnavailable,
                  "Input/output error"}),
    [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace anneal
