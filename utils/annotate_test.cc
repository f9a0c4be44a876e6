#include "utils/annotate.h"

#include <gtest/gtest.h>

namespace anneal {
namespace {

TEST(Annotate, PutsThePrefixInFrontAndKeepsTheCode) {
  EXPECT_EQ(Annotate(absl::DataLossError("truncated"), "a.pth"),
            absl::DataLossError("a.pth: truncated"));
}

TEST(Annotate, LeavesOkAlone) {
  EXPECT_EQ(Annotate(absl::OkStatus(), "a.pth"), absl::OkStatus());
}

}  // namespace
}  // namespace anneal
