#include "config/reader_cases.h"

#include <gmock/gmock.h>

#include "absl/strings/str_cat.h"
#include "config/dump.h"

namespace anneal::config {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

void ExpectReads(Reader read, const ReaderCase& one) {
  const absl::StatusOr<Node> node = read(one.text, "a.cfg");

  ASSERT_TRUE(node.ok()) << node.status();
  EXPECT_EQ(DumpFlow(*node), one.flow);
}

void ExpectRefuses(Reader read, const ReaderError& one) {
  const absl::StatusOr<Node> node = read(one.text, "a.cfg");

  EXPECT_EQ(node.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(node.status().message()),
              AllOf(StartsWith(absl::StrCat("a.cfg:", one.place, ": ")),
                    HasSubstr(one.word)));
}

}  // namespace anneal::config
