#include "config/node.h"

#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <string>

namespace anneal::config {
namespace {

template <typename T>
Node Make(T value) {
  return Node(std::move(value), Place());
}

Node Dict() { return Make(Node::Map()); }

TEST(Place, NamesFileLineAndColumn) {
  const Place place{std::make_shared<const std::string>("a/b.yaml"), 12, 7};

  EXPECT_EQ(place.ToString(), "a/b.yaml:12:7");
}

TEST(Place, WithoutALineIsItsOrigin) {
  const Place place{std::make_shared<const std::string>("--cfg-options a=1"), 0,
                    0};

  EXPECT_EQ(place.ToString(), "--cfg-options a=1");
}

TEST(Place, OfNothingSaysSo) { EXPECT_EQ(Place().ToString(), "<config>"); }

TEST(Node, FindsWhatWasSet) {
  Node dict = Dict();
  dict.Set("a", Make(int64_t{1}));
  dict.Set("b", Make(std::string("x")));

  ASSERT_NE(dict.Find("a"), nullptr);
  EXPECT_EQ(*dict.Find("a")->get_if<int64_t>(), 1);
  EXPECT_EQ(dict.Find("c"), nullptr);
}

TEST(Node, SetReplacesInPlace) {
  Node dict = Dict();
  dict.Set("a", Make(int64_t{1}));
  dict.Set("b", Make(int64_t{2}));
  dict.Set("a", Make(int64_t{3}));

  const auto& map = *dict.get_if<Node::Map>();
  ASSERT_EQ(map.size(), 2u);
  EXPECT_EQ(map[0].key, "a");
  EXPECT_EQ(*map[0].value.get_if<int64_t>(), 3);
}

TEST(Node, EraseRemovesTheKeyAlone) {
  Node dict = Dict();
  dict.Set("a", Make(int64_t{1}));
  dict.Set("b", Make(int64_t{2}));
  dict.Erase("a");
  dict.Erase("absent");

  EXPECT_EQ(dict.Find("a"), nullptr);
  EXPECT_NE(dict.Find("b"), nullptr);
}

TEST(Node, WhatIsNoDictHasNoKeys) {
  EXPECT_EQ(Make(int64_t{1}).Find("a"), nullptr);
}

TEST(Node, SaysWhatItIs) {
  EXPECT_EQ(Node().kind(), "none");
  EXPECT_EQ(Make(true).kind(), "a bool");
  EXPECT_EQ(Make(int64_t{1}).kind(), "an integer");
  EXPECT_EQ(Make(1.5).kind(), "a number");
  EXPECT_EQ(Make(std::string("x")).kind(), "a string");
  EXPECT_EQ(Make(Node::List()).kind(), "a list");
  EXPECT_EQ(Dict().kind(), "a dict");
}

TEST(SameContent, IgnoresOrderOfKeysAndPlaces) {
  Node a = Dict(), b = Dict();
  a.Set("x", Make(int64_t{1}));
  a.Set("y", Make(2.0));
  b.Set("y", Node(2.0, {std::make_shared<const std::string>("f"), 3, 4}));
  b.Set("x", Make(int64_t{1}));

  EXPECT_TRUE(SameContent(a, b));
}

TEST(SameContent, TellsKindsApart) {
  EXPECT_FALSE(SameContent(Make(int64_t{1}), Make(1.0)));
  EXPECT_FALSE(SameContent(Make(int64_t{1}), Make(true)));
  EXPECT_FALSE(SameContent(Make(std::string("1")), Make(int64_t{1})));
  EXPECT_FALSE(SameContent(Node(), Dict()));
}

TEST(SameContent, TellsValuesApart) {
  Node a = Dict(), b = Dict();
  a.Set("x", Make(int64_t{1}));
  b.Set("x", Make(int64_t{2}));
  EXPECT_FALSE(SameContent(a, b));
  b.Set("x", Make(int64_t{1}));
  b.Set("y", Node());
  EXPECT_FALSE(SameContent(a, b));
  EXPECT_FALSE(
      SameContent(Make(Node::List{Make(true)}), Make(Node::List{Make(false)})));
  EXPECT_FALSE(SameContent(Make(Node::List{Make(true)}), Make(Node::List())));
}

TEST(SameContent, TakesNanForNan) {
  EXPECT_TRUE(SameContent(Make(std::nan("")), Make(std::nan(""))));
  EXPECT_FALSE(SameContent(Make(std::nan("")), Make(0.0)));
}

TEST(TreeSize, CountsEveryValue) {
  Node dict = Dict();
  dict.Set("a", Make(Node::List{Make(true), Make(int64_t{1})}));
  dict.Set("b", Dict());

  EXPECT_EQ(TreeSize(dict), 5);
  EXPECT_EQ(TreeSize(Node()), 1);
}

TEST(Node, TellsATupleFromAListButNotByContent) {
  const Node list = Make(Node::List{Make(int64_t{1})});
  Node tuple = list;
  tuple.list_kind = ListKind::kTuple;
  const Node copy = tuple;
  EXPECT_EQ(copy.list_kind, ListKind::kTuple);
  EXPECT_TRUE(SameContent(tuple, list));
}

TEST(Node, KeysAreStringsUnlessSaidOtherwise) {
  const Node::Entry text{"0", Place(), Node()};
  EXPECT_TRUE(text.is_string_key);
}

}  // namespace
}  // namespace anneal::config
