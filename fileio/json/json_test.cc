#include "fileio/json/json.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/full.h>
#include <gtest/gtest.h>

#include <cstring>
#include <fstream>
#include <memory>
#include <string>

namespace anneal {
namespace {

double RealOf(const std::string& hex) {
  const uint64_t bits = std::stoull(hex, nullptr, 16);
  double real;
  std::memcpy(&real, &bits, sizeof(real));
  return real;
}

std::string TextOf(const std::string& hex) {
  std::string text;
  for (size_t i = 0; i + 1 < hex.size(); i += 2) {
    text += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  }
  return text;
}

TEST(ToJson, EqualsPython) {
  std::ifstream golden("fileio/json/json_golden.txt");
  ASSERT_TRUE(golden.is_open());
  int num_lines = 0;
  std::string kind;
  std::string hex;
  std::string expected;
  while (golden >> kind >> hex && golden.get() &&
         std::getline(golden, expected)) {
    ++num_lines;
    EXPECT_EQ(ToJson(kind == "real" ? Value(RealOf(hex)) : Value(TextOf(hex))),
              expected);
  }
  EXPECT_GT(num_lines, 60);
}

TEST(ToJson, WritesOneLineInPythonsStyle) {
  Dict dict{{"a", Value::List{1, true, false, Value()}},
            {"b", Dict()},
            {"c", Value::List{}}};
  dict[int64_t{3}] = "three";

  EXPECT_EQ(ToJson(dict),
            R"({"a": [1, true, false, null], "b": {}, "c": [], "3": "three"})");
}

TEST(ToJson, WritesTensorsAsNestedLists) {
  EXPECT_EQ(ToJson(at::arange(4, at::kLong).view({2, 2})), "[[0, 1], [2, 3]]");
  EXPECT_EQ(ToJson(at::full({}, 0.5)), "0.5");
  EXPECT_EQ(ToJson(at::full({1}, true, at::kBool)), "[true]");
  EXPECT_EQ(ToJson(at::full({0}, 0.5)), "[]");
  EXPECT_EQ(ToJson(at::Tensor()), "null");
}

TEST(ToJson, WritesBytesAsBase64) {
  EXPECT_EQ(ToJson(Value::Bytes{"\xff"}), R"("/w==")");
}

TEST(ToJson, ReplacesWhatIsNotUtf8) {
  EXPECT_EQ(ToJson("a\xff"), "\"a\xEF\xBF\xBD\"");
}

class Point : public ValueObject {
 public:
  std::string type_name() const override { return "Point"; }
  Value ToValue() const override { return Dict{{"x", 1}}; }
};

TEST(ToJson, WritesObjectsAsTheirValue) {
  EXPECT_EQ(
      ToJson(std::shared_ptr<const ValueObject>(std::make_shared<Point>())),
      R"({"x": 1})");
}

}  // namespace
}  // namespace anneal
