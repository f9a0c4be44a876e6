#include "fileio/little_endian.h"

#include <gtest/gtest.h>

#include <string>

namespace anneal {
namespace {

TEST(LittleEndian, AppendsTheLowBytesLowestFirst) {
  std::string out = "x";

  AppendLittleEndian(0x0123456789abcdef, 3, &out);

  EXPECT_EQ(out, "x\xef\xcd\xab");
}

TEST(LittleEndian, LoadsWhatWasAppended) {
  std::string out;
  AppendLittleEndian(0xfedcba9876543210, 8, &out);

  EXPECT_EQ(LoadLittleEndian(out.data(), 8), 0xfedcba9876543210);
  EXPECT_EQ(LoadLittleEndian(out.data(), 2), 0x3210u);
  EXPECT_EQ(LoadLittleEndian(out.data(), 0), 0u);
}

}  // namespace
}  // namespace anneal
