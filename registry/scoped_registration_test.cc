#include "registry/scoped_registration.h"

#include <google/protobuf/any.pb.h>
#include <google/protobuf/struct.pb.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "registry/test_config.pb.h"

namespace anneal {

class Pet {
 public:
  virtual ~Pet() = default;
  virtual std::string sound() const = 0;
};

ANNEAL_REGISTRY(Pet, "pet");

namespace {

using ::google::protobuf::Any;

// Three classes, of which the first is registered as Cat.
template <int kNumber, typename ConfigType>
class PetNumber : public Pet {
 public:
  using Config = ConfigType;
  static absl::StatusOr<std::unique_ptr<PetNumber>> Create(const Config&) {
    return std::make_unique<PetNumber>();
  }
  std::string sound() const override { return std::to_string(kNumber); }
};
using Cat = PetNumber<1, registry_test::CircleConfig>;
using OtherCat = PetNumber<2, registry_test::SquareConfig>;
using SameConfigCat = PetNumber<3, registry_test::CircleConfig>;
using AnyFieldsPet = PetNumber<4, google::protobuf::Struct>;
ANNEAL_REGISTER(Pet, Cat);

// What the pet called `type` is, or "none".
std::string Sound(const std::string& type) {
  const auto* found = RegistryIndex::Get().Find("pet", type);
  if (found == nullptr) return "none";
  Any config;
  if (found->config->GetDescriptor()->full_name() == "google.protobuf.Struct") {
    StructComponent component;
    component.set_type(found->ScopedName());
    config.PackFrom(component);
  } else {
    config.PackFrom(*found->config);
  }
  const auto pet = RegistryOf<Pet>::Get().Build(config);
  return pet.ok() ? (*pet)->sound() : std::string(pet.status().message());
}

TEST(ScopedRegistration, RegistersAsLongAsItLives) {
  {
    const ScopedRegistration<Pet, OtherCat> dog("Dog");
    EXPECT_EQ(Sound("Dog"), "2");
    EXPECT_EQ(Sound("Cat"), "1");
  }
  EXPECT_EQ(Sound("Dog"), "none");
  EXPECT_EQ(Sound("Cat"), "1");
}

TEST(ScopedRegistration, HidesAClassOfTheSameName) {
  {
    const ScopedRegistration<Pet, OtherCat> cat("Cat");
    EXPECT_EQ(Sound("Cat"), "2");
  }
  EXPECT_EQ(Sound("Cat"), "1");
}

TEST(ScopedRegistration, HidesAClassOfTheSameMessage) {
  {
    const ScopedRegistration<Pet, SameConfigCat> dog("Dog");
    EXPECT_EQ(Sound("Dog"), "3");
    EXPECT_EQ(Sound("Cat"), "none");
  }
  EXPECT_EQ(Sound("Cat"), "1");
}

TEST(ScopedRegistration, Nests) {
  const ScopedRegistration<Pet, OtherCat> outer("Cat");
  {
    const ScopedRegistration<Pet, SameConfigCat> inner("Cat");
    EXPECT_EQ(Sound("Cat"), "3");
  }
  EXPECT_EQ(Sound("Cat"), "2");
}

TEST(ScopedRegistration, MayNameAScope) {
  const ScopedRegistration<Pet, AnyFieldsPet> pet("Fish", "mylib");

  EXPECT_EQ(Sound("mylib.Fish"), "4");
  EXPECT_EQ(Sound("Cat"), "1");
}

TEST(ScopedRegistration, CanBeMadeAgain) {
  for (int i = 0; i < 3; ++i) {
    const ScopedRegistration<Pet, OtherCat> dog("Dog");
    EXPECT_EQ(Sound("Dog"), "2");
  }
}

}  // namespace
}  // namespace anneal
