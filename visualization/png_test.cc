#include "visualization/png.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/zeros.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <string>
#include <vector>

namespace anneal {
namespace {

using ::testing::HasSubstr;

uint32_t BigEndian(const std::string& bytes, size_t offset) {
  uint32_t value = 0;
  for (size_t i = 0; i < 4; ++i) {
    value = value << 8 | static_cast<unsigned char>(bytes.at(offset + i));
  }
  return value;
}

struct Chunk {
  std::string type;
  std::string data;
};

// A PNG's chunks, after its signature; fails the test where a CRC is wrong.
std::vector<Chunk> Chunks(const std::string& png) {
  EXPECT_EQ(png.substr(0, 8), "\x89PNG\r\n\x1a\n");
  std::vector<Chunk> chunks;
  for (size_t at = 8; at < png.size();) {
    const uint32_t size = BigEndian(png, at);
    const std::string body = png.substr(at + 4, size + 4);
    EXPECT_EQ(
        BigEndian(png, at + 8 + size),
        crc32(0, reinterpret_cast<const Bytef*>(body.data()), body.size()));
    chunks.push_back({body.substr(0, 4), body.substr(4)});
    at += 12 + size;
  }
  return chunks;
}

std::string Inflate(const std::string& packed, size_t size) {
  std::string bytes(size + 1, '\0');
  uLongf got = bytes.size();
  EXPECT_EQ(
      uncompress(reinterpret_cast<Bytef*>(bytes.data()), &got,
                 reinterpret_cast<const Bytef*>(packed.data()), packed.size()),
      Z_OK);
  bytes.resize(got);
  return bytes;
}

TEST(Png, HasHeaderDataAndEnd) {
  const auto chunks = Chunks(*EncodePng(at::zeros({2, 300, 3}, at::kByte)));

  ASSERT_EQ(chunks.size(), 3);
  EXPECT_EQ(chunks[0].type, "IHDR");
  // Width 300, height 2, 8 bits, RGB, deflate, the usual filters, no interlace.
  EXPECT_EQ(chunks[0].data,
            std::string("\0\0\x01\x2c\0\0\0\x02\x08\x02\0\0\0", 13));
  EXPECT_EQ(chunks[1].type, "IDAT");
  EXPECT_EQ(chunks[2].type, "IEND");
  EXPECT_EQ(chunks[2].data, "");
}

TEST(Png, HoldsThePixelsUnfiltered) {
  const auto chunks =
      Chunks(*EncodePng(at::arange(12, at::kByte).reshape({2, 2, 3})));

  EXPECT_EQ(Inflate(chunks.at(1).data, 14),
            std::string("\0\x00\x01\x02\x03\x04\x05"
                        "\0\x06\x07\x08\x09\x0a\x0b",
                        14));
}

TEST(Png, TakesAnImageThatIsNotContiguous) {
  const at::Tensor planes = at::arange(12, at::kByte).reshape({3, 2, 2});

  const auto chunks = Chunks(*EncodePng(planes.permute({1, 2, 0})));

  EXPECT_EQ(Inflate(chunks.at(1).data, 14),
            std::string("\0\x00\x04\x08\x01\x05\x09"
                        "\0\x02\x06\x0a\x03\x07\x0b",
                        14));
}

struct NoImage {
  const char* name;
  at::Tensor tensor;
  const char* described;
};

class PngInput : public testing::TestWithParam<NoImage> {};

TEST_P(PngInput, MustBeBytesOfThreeColours) {
  const absl::Status status = EncodePng(GetParam().tensor).status();

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("uint8 [height, width, 3]"));
  EXPECT_THAT(std::string(status.message()), HasSubstr(GetParam().described));
}

INSTANTIATE_TEST_SUITE_P(
    Kinds, PngInput,
    testing::Values(
        NoImage{"ChannelsFirst", at::zeros({3, 4, 4}, at::kByte), "[3, 4, 4]"},
        NoImage{"Float", at::zeros({4, 4, 3}), "Float"},
        NoImage{"Gray", at::zeros({4, 4}, at::kByte), "[4, 4]"},
        NoImage{"Empty", at::zeros({0, 4, 3}, at::kByte), "[0, 4, 3]"}),
    [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace anneal
