#include "config/python/location.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "config/python/text.h"

namespace anneal::config::python {
namespace {

using ::testing::HasSubstr;

class LocationTest : public ::testing::Test {
 protected:
  Value List(const std::vector<int64_t>& numbers) {
    std::vector<Value> items;
    for (const int64_t number : numbers) items.emplace_back(number, Mark());
    return heap_.NewList(std::move(items), Mark());
  }
  static Value Number(int64_t number) { return Value(number, Mark()); }

  Heap heap_;
  Names names_;
};

TEST_F(LocationTest, OfANameIsSetAmongTheNames) {
  const std::string name = "a";
  Location location;
  location.name = &name;

  EXPECT_TRUE(Store(location, Number(3), Mark(), &names_, &heap_).ok());
  EXPECT_EQ(Repr(*names_.Find("a"), &heap_), "3");
}

TEST_F(LocationTest, OfAnItem) {
  Location location;
  location.object = List({1, 2, 3});
  location.index = Number(-1);

  EXPECT_EQ(Repr(*Load(location, Mark(), &heap_), &heap_), "3");
  EXPECT_TRUE(Store(location, Number(4), Mark(), &names_, &heap_).ok());
  EXPECT_EQ(Repr(location.object, &heap_), "[1, 2, 4]");
  EXPECT_TRUE(Remove(location, Mark(), &heap_).ok());
  EXPECT_EQ(Repr(location.object, &heap_), "[1, 2]");
}

TEST_F(LocationTest, OfASlice) {
  Location location;
  location.object = List({1, 2, 3});
  location.is_slice = true;
  location.start = Number(1);

  EXPECT_EQ(Repr(*Load(location, Mark(), &heap_), &heap_), "[2, 3]");
  EXPECT_TRUE(Store(location, List({7, 8, 9}), Mark(), &names_, &heap_).ok());
  EXPECT_EQ(Repr(location.object, &heap_), "[1, 7, 8, 9]");
  EXPECT_TRUE(Remove(location, Mark(), &heap_).ok());
  EXPECT_EQ(Repr(location.object, &heap_), "[1]");
}

TEST_F(LocationTest, OfAnAttribute) {
  const std::string name = "lr";
  Location location;
  Dict* dict = heap_.New<Dict>();
  dict->is_config_dict = true;
  location.object = Value(dict, Mark());
  location.attribute = &name;

  EXPECT_FALSE(Load(location, Mark(), &heap_).ok());
  EXPECT_TRUE(Store(location, Number(1), Mark(), &names_, &heap_).ok());
  EXPECT_EQ(Repr(*Load(location, Mark(), &heap_), &heap_), "1");
  EXPECT_EQ(Repr(location.object, &heap_), "{'lr': 1}");
  EXPECT_TRUE(Remove(location, Mark(), &heap_).ok());
  EXPECT_EQ(Repr(location.object, &heap_), "{}");
}

TEST_F(LocationTest, SaysWhatCanNotBeChanged) {
  Location location;
  location.object = heap_.NewTuple({Number(1)}, Mark());
  location.index = Number(0);
  const absl::Status store =
      Store(location, Number(2), Mark(), &names_, &heap_);

  EXPECT_EQ(store.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(store.message()), HasSubstr("tuple"));
  EXPECT_FALSE(Remove(location, Mark(), &heap_).ok());
}

}  // namespace
}  // namespace anneal::config::python
