#include "registry/build_from_cfg.h"

#include <gmock/gmock.h>
#include <google/protobuf/struct.pb.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "config/reader.h"
#include "registry/test_config.pb.h"
#include "registry/test_library.pb.h"

namespace anneal {

// A kind of registry of one's own.
class Shape {
 public:
  virtual ~Shape() = default;
  std::string text;
};
ANNEAL_REGISTRY(Shape, "shape", std::string);

namespace {

using ::testing::HasSubstr;

class Circle : public Shape {
 public:
  using Config = registry_test::CircleConfig;
  static absl::StatusOr<std::unique_ptr<Circle>> Create(const Config& config,
                                                        std::string colour) {
    auto circle = std::make_unique<Circle>();
    circle->text = absl::StrCat(colour, " circle of ", config.radius());
    return circle;
  }
};
ANNEAL_REGISTER_IN_SCOPE(Shape, Circle, "anneal");

class Dot : public Shape {
 public:
  using Config = registry_test::DotConfig;
  static absl::StatusOr<std::unique_ptr<Dot>> Create(const Config&,
                                                     std::string) {
    return absl::InternalError("no dots today");
  }
};
ANNEAL_REGISTER(Shape, Dot);

namespace det {
// mylib.det's Circle.
class Circle : public Shape {
 public:
  using Config = mylib::det::CircleConfig;
  static absl::StatusOr<std::unique_ptr<Circle>> Create(const Config&,
                                                        std::string colour) {
    auto circle = std::make_unique<Circle>();
    circle->text = absl::StrCat(colour, " circle of mylib");
    return circle;
  }
};
ANNEAL_REGISTER(Shape, Circle);
}  // namespace det

absl::StatusOr<std::unique_ptr<Shape>> Build(const std::string& yaml) {
  absl::StatusOr<config::Node> cfg = config::ReadYaml(yaml, "cfg");
  EXPECT_TRUE(cfg.ok()) << cfg.status();
  return BuildFromCfg<Shape>(*cfg, "red");
}

std::string Error(const std::string& yaml) {
  return std::string(Build(yaml).status().message());
}

TEST(BuildFromCfg, BuildsWhatTheDictDescribes) {
  const auto shape = Build("{type: Circle, radius: 2.5}");

  ASSERT_TRUE(shape.ok()) << shape.status();
  EXPECT_EQ((*shape)->text, "red circle of 2.5");
}

TEST(BuildFromCfg, LooksInTheDictsScopeFirst) {
  const auto shape = Build("{type: Circle, _scope_: mylib.det}");

  ASSERT_TRUE(shape.ok()) << shape.status();
  EXPECT_EQ((*shape)->text, "red circle of mylib");
}

TEST(BuildFromCfg, FallsBackFromAScopeThatHasNoSuchClass) {
  for (const char* yaml : {"{type: Circle, _scope_: nowhere, radius: 1}",
                           "{type: Circle, _scope_: null, radius: 1}"}) {
    const auto shape = Build(yaml);

    ASSERT_TRUE(shape.ok()) << shape.status();
    EXPECT_EQ((*shape)->text, "red circle of 1");
  }
}

TEST(BuildFromCfg, RefusesAScopeThatIsNoName) {
  EXPECT_EQ(Error("{type: Circle, _scope_: 1}"),
            "cfg:1:25: _scope_: expected the name of a scope, found an "
            "integer: 1");
}

TEST(BuildFromCfg, PassesOnTheErrorOfCreate) {
  EXPECT_EQ(Build("{type: Dot}").status(),
            absl::InternalError("no dots today"));
}

TEST(BuildFromCfg, RefusesFieldsThatTheClassLacks) {
  EXPECT_EQ(Build("{type: Circle, radios: 1}").status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Error("{type: Circle, radios: 1}"),
            "cfg:1:16: radios: Circle has no such field; did you mean "
            "\"radius\"?");
}

TEST(BuildFromCfg, OfAClassThatIsNotLinkedNamesTheNearest) {
  EXPECT_THAT(Error("{type: Circel}"),
              HasSubstr("no shape \"Circel\" is linked into this program; did "
                        "you mean \"Circle\"?"));
}

TEST(BuildFromCfg, NeedsATypeOfADict) {
  EXPECT_THAT(Error("{radius: 1}"), HasSubstr("which shape? Add type: "));
  EXPECT_EQ(Error("Circle"),
            "cfg:1:1: expected a dict with the type of the shape, found a "
            "string: Circle; write {type: Circle}");
}

}  // namespace
}  // namespace anneal
