#include "registry/registry_index.h"

#include <gmock/gmock.h>
#include <google/protobuf/struct.pb.h>
#include <gtest/gtest.h>

#include <string>
#include <typeinfo>
#include <utility>

#include "registry/test_config.pb.h"
#include "registry/test_library.pb.h"

namespace anneal {
namespace {

using ::google::protobuf::Struct;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

template <typename Config>
const config::ComponentClass* Add(RegistryIndex* index, const char* kind,
                                  const char* name,
                                  const char* scope = nullptr) {
  return index->Add(kind, name, &Config::default_instance(), "shape.cc", scope);
}

// Shapes of three scopes: Circle of anneal and of mylib.det, Star of mylib.det,
// Line of mylib, Blob of none.
class Shapes : public ::testing::Test {
 protected:
  std::string Found(absl::string_view type) const {
    const auto* found = index_.Find("shape", type);
    return found == nullptr ? "nothing" : found->ScopedName();
  }

  RegistryIndex index_;
  const config::ComponentClass* circle_ =
      Add<registry_test::CircleConfig>(&index_, "shape", "Circle", "anneal");
  const config::ComponentClass* det_circle_ =
      Add<mylib::det::CircleConfig>(&index_, "shape", "Circle");
  const config::ComponentClass* star_ =
      Add<mylib::det::StarConfig>(&index_, "shape", "Star");
  const config::ComponentClass* line_ =
      Add<Struct>(&index_, "shape", "Line", "mylib");
  const config::ComponentClass* blob_ = Add<Struct>(&index_, "shape", "Blob");
};

TEST_F(Shapes, HaveTheirMessagesPackageAsScope) {
  EXPECT_EQ(det_circle_->ScopedName(), "mylib.det.Circle");
  EXPECT_EQ(star_->scope, "mylib.det");
  EXPECT_EQ(star_->name, "Star");
  EXPECT_EQ(star_->config, &mylib::det::StarConfig::default_instance());
}

TEST_F(Shapes, OfAStructHaveNoScope) { EXPECT_EQ(blob_->ScopedName(), "Blob"); }

struct FindCase {
  const char* name;
  const char* type;
  const char* found;
};

class ShapesFound : public Shapes,
                    public ::testing::WithParamInterface<FindCase> {};

TEST_P(ShapesFound, ByWhatTypeSays) {
  EXPECT_EQ(Found(GetParam().type), GetParam().found);
}

INSTANTIATE_TEST_SUITE_P(
    Rules, ShapesFound,
    ::testing::ValuesIn<FindCase>({
        {"AnnealsComesFirst", "Circle", "anneal.Circle"},
        {"ThenThatOfNoScope", "Blob", "Blob"},
        {"ThenThatOfTheOnlyScope", "Star", "mylib.det.Star"},
        {"OfAScope", "mylib.det.Circle", "mylib.det.Circle"},
        {"OfTheParentScope", "mylib.det.Line", "mylib.Line"},
        {"OfTheRoot", "mylib.Circle", "anneal.Circle"},
        {"NotOfAChildScope", "mylib.Star", "nothing"},
        {"NotOfASibling", "anneal.Star", "nothing"},
        {"MmengineIsAnneal", "mmengine.Circle", "anneal.Circle"},
        {"TorchIsAnneal", "torch.optim.Circle", "anneal.Circle"},
        {"ByItsPythonModule", "mmengine.shapes.round.Circle", "anneal.Circle"},
        {"ByAModuleOfItsScope", "mylib.det.models.Star", "mylib.det.Star"},
        {"NotOfAnUnknownModule", "other.models.Circle", "nothing"},
        {"NotOfAnUnknownScope", "other.Circle", "nothing"},
        {"NotOfAScopesBeginning", "my.Circle", "nothing"},
        {"ByItsMessage", "mylib.det.StarConfig", "mylib.det.Star"},
        {"ByItsMessageInAnyScope", "anneal.registry_test.CircleConfig",
         "anneal.Circle"},
        {"NotByStruct", "google.protobuf.Struct", "nothing"},
        {"Unknown", "Triangle", "nothing"},
        {"Nothing", "", "nothing"},
        {"NamesHaveCase", "circle", "nothing"},
    }),
    [](const auto& info) { return info.param.name; });

TEST_F(Shapes, OfTwoScopesAreNotFoundByTheNameAlone) {
  Add<registry_test::SquareConfig>(&index_, "shape", "Star", "other");

  EXPECT_EQ(Found("Star"), "nothing");
  EXPECT_EQ(Found("other.Star"), "other.Star");
}

TEST_F(Shapes, AreNotFoundAsAnotherKind) {
  EXPECT_EQ(index_.Find("colour", "Circle"), nullptr);
}

TEST_F(Shapes, AreFoundByMessageInAnyKind) {
  EXPECT_EQ(index_.FindByMessage("mylib.det.StarConfig"), star_);
  EXPECT_EQ(index_.FindByMessage("mylib.det.Star"), nullptr);
  EXPECT_EQ(index_.FindByMessage("google.protobuf.Struct"), nullptr);
}

TEST_F(Shapes, AreNamedAsTheyAreFound) {
  EXPECT_THAT(index_.Names("shape"), ElementsAre("Blob", "Circle", "Line",
                                                 "Star", "mylib.det.Circle"));
  for (const std::string& name : index_.Names("shape")) {
    EXPECT_NE(index_.Find("shape", name), nullptr) << name;
  }
  EXPECT_THAT(index_.Names("colour"), IsEmpty());
}

TEST_F(Shapes, KindsAreThoseThatHaveClasses) {
  EXPECT_THAT(index_.Kinds(), ElementsAre("shape"));
  index_.set_entries("shape", {});
  EXPECT_THAT(index_.Kinds(), IsEmpty());
}

TEST_F(Shapes, EntriesTellTheSourceFile) {
  ASSERT_EQ(index_.entries("shape").size(), 5u);
  EXPECT_EQ(index_.entries("shape")[0]->file, "shape.cc");
  EXPECT_THAT(index_.entries("colour"), IsEmpty());
}

TEST_F(Shapes, ThatAreNotLinkedAreNotFound) {
  const absl::Status status = index_.NotLinked("shape", "Cirle");

  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("did you mean \"Circle\"?"));
}

TEST(RegistryIndex, KnowsWhereAnnealsOwnClassesAre) {
  const RegistryIndex index;
  EXPECT_EQ(index.ProvidedBy("optimizer", "SGD"), "//optim:sgd");
  EXPECT_EQ(index.ProvidedBy("optimizer", "anneal.SGD"), "//optim:sgd");
  EXPECT_EQ(index.ProvidedBy("optimizer", "mmengine.SGD"), "//optim:sgd");
  EXPECT_EQ(index.ProvidedBy("optimizer", "mylib.SGD"), "");
  EXPECT_EQ(index.ProvidedBy("hook", "SGD"), "");
  EXPECT_EQ(index.ProvidedBy("optimizer", "Sgd"), "");
  EXPECT_THAT(index.NotLinked("optimizer", "SGD").message(),
              HasSubstr("add \"//optim:sgd\" to the deps"));
}

struct Shape {};
struct Figure {};

TEST(RegistryIndex, TakesABaseOfAKindTwice) {
  RegistryIndex index;
  index.Declare("shape", typeid(Shape));
  index.Declare("shape", typeid(Shape));
  index.Declare("figure", typeid(Figure));
}

TEST(RegistryIndexDeathTest, DiesOfTwoBasesOfAKind) {
  RegistryIndex index;
  index.Declare("shape", typeid(Shape));

  EXPECT_DEATH(index.Declare("shape", typeid(Figure)),
               "Shape and anneal::.*Figure both have a registry of the kind "
               "\"shape\"; give one another kind");
}

TEST(RegistryIndexDeathTest, DiesOfTwoClassesOfAName) {
  RegistryIndex index;
  Add<registry_test::CircleConfig>(&index, "shape", "Circle");

  EXPECT_DEATH(
      index.Add("shape", "Circle",
                &registry_test::SquareConfig::default_instance(), "other.cc"),
      "shape.cc and other.cc both register a shape called "
      "anneal.registry_test.Circle; rename one");
}

TEST(RegistryIndexDeathTest, DiesOfTwoClassesWithAMessage) {
  RegistryIndex index;
  Add<registry_test::CircleConfig>(&index, "shape", "Circle");

  EXPECT_DEATH(
      index.Add("shape", "Disk",
                &registry_test::CircleConfig::default_instance(), "other.cc"),
      "shape.cc and other.cc both register a shape with config "
      "anneal.registry_test.CircleConfig.*give Disk a message of its own");
}

TEST(RegistryIndex, AStructMayBeShared) {
  RegistryIndex index;
  Add<Struct>(&index, "shape", "Blob");
  Add<Struct>(&index, "shape", "Cloud");

  EXPECT_THAT(index.Names("shape"), ElementsAre("Blob", "Cloud"));
}

TEST(RegistryIndex, AnotherKindMayHaveTheSameNameAndMessage) {
  RegistryIndex index;
  Add<registry_test::CircleConfig>(&index, "shape", "Circle");
  Add<registry_test::CircleConfig>(&index, "motion", "Circle");

  EXPECT_THAT(index.Kinds(), ElementsAre("motion", "shape"));
}

TEST_F(Shapes, ScopesAreATree) {
  EXPECT_THAT(index_.Scopes(), ElementsAre("anneal", "mylib", "mylib.det"));
  EXPECT_EQ(ParentScope("mylib.det"), "mylib");
  EXPECT_EQ(ParentScope("mylib"), "anneal");
  EXPECT_EQ(ParentScope("anneal"), "");
  EXPECT_EQ(ParentScope(""), "");
}

TEST(SplitScopeKey, TakesTheLastDot) {
  using Pair = std::pair<std::string, std::string>;
  EXPECT_EQ(SplitScopeKey("MyModel"), Pair("", "MyModel"));
  EXPECT_EQ(SplitScopeKey("mylib.det.MyModel"), Pair("mylib.det", "MyModel"));
  EXPECT_EQ(SplitScopeKey("mmengine.SGD"), Pair("anneal", "SGD"));
}

}  // namespace
}  // namespace anneal
