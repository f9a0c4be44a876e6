#include "registry/registry.h"

#include <gmock/gmock.h>
#include <google/protobuf/any.pb.h>
#include <google/protobuf/struct.pb.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "registry/test_config.pb.h"

namespace anneal {

// What the tests build, from a config and two run-time arguments.
class Shape {
 public:
  virtual ~Shape() = default;
  virtual std::string Describe() const = 0;
  bool is_finished = false;
};

ANNEAL_REGISTRY(Shape, "shape", std::unique_ptr<std::string>, int*);

template <>
struct RegistryTraits<Shape> {
  static void OnCreate(Shape* shape) { shape->is_finished = true; }
};

namespace {

using ::google::protobuf::Any;
using ::google::protobuf::Struct;
using ::testing::HasSubstr;

class Circle : public Shape {
 public:
  using Config = registry_test::CircleConfig;
  static absl::StatusOr<std::unique_ptr<Circle>> Create(
      const Config& config, std::unique_ptr<std::string> colour, int* count) {
    if (config.radius() < 0) {
      return absl::InvalidArgumentError("radius must not be negative");
    }
    ++*count;
    auto circle = std::make_unique<Circle>();
    circle->text_ = absl::StrCat(*colour, " circle of ", config.radius());
    return circle;
  }
  std::string Describe() const override { return text_; }

 private:
  std::string text_;
};
ANNEAL_REGISTER(Shape, Circle);

// A class that takes any fields.
class Blob : public Shape {
 public:
  using Config = Struct;
  static absl::StatusOr<std::unique_ptr<Blob>> Create(
      const Config& config, std::unique_ptr<std::string>, int*) {
    auto blob = std::make_unique<Blob>();
    blob->size_ = config.fields().at("size").number_value();
    return blob;
  }
  std::string Describe() const override {
    return absl::StrCat("blob of ", size_);
  }

 private:
  double size_ = 0;
};
ANNEAL_REGISTER_IN_SCOPE(Shape, Blob, "mylib");

absl::StatusOr<std::unique_ptr<Shape>> Build(const Any& config,
                                             int* count = nullptr) {
  int unused = 0;
  return RegistryOf<Shape>::Get().Build(
      config, std::make_unique<std::string>("red"), count ? count : &unused);
}

template <typename Config>
Any AnyOf(const Config& config) {
  Any any;
  any.PackFrom(config);
  return any;
}

TEST(Registry, BuildsFromTheMessageAndRunTimeArguments) {
  registry_test::CircleConfig config;
  config.set_radius(2.5);
  int count = 0;

  const auto shape = Build(AnyOf(config), &count);

  ASSERT_TRUE(shape.ok()) << shape.status();
  EXPECT_EQ((*shape)->Describe(), "red circle of 2.5");
  EXPECT_EQ(count, 1);
}

TEST(Registry, DoesToEachObjectWhatItsTraitsSay) {
  const auto shape = Build(AnyOf(registry_test::CircleConfig()));

  ASSERT_TRUE(shape.ok()) << shape.status();
  EXPECT_TRUE((*shape)->is_finished);
}

TEST(Registry, BuildsAClassThatTakesAnyFields) {
  StructComponent config;
  config.set_type("mylib.Blob");
  (*config.mutable_fields()->mutable_fields())["size"].set_number_value(3);

  const auto shape = Build(AnyOf(config));

  ASSERT_TRUE(shape.ok()) << shape.status();
  EXPECT_EQ((*shape)->Describe(), "blob of 3");
}

TEST(Registry, PassesOnTheErrorOfCreate) {
  registry_test::CircleConfig config;
  config.set_radius(-1);

  EXPECT_EQ(Build(AnyOf(config)).status(),
            absl::InvalidArgumentError("radius must not be negative"));
}

TEST(Registry, OfAMessageThatIsNotRegisteredIsNotFound) {
  const auto shape = Build(AnyOf(registry_test::SquareConfig()));

  EXPECT_EQ(shape.status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(shape.status().message()),
              HasSubstr("no shape \"anneal.registry_test.SquareConfig\" is "
                        "linked into this program"));
}

TEST(Registry, OfAStructsClassThatIsNotRegisteredIsNotFound) {
  StructComponent config;
  config.set_type("mylib.Blub");

  const auto shape = Build(AnyOf(config));

  EXPECT_EQ(shape.status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(shape.status().message()),
              HasSubstr("no shape \"mylib.Blub\""));
}

TEST(Registry, OfAnEmptyAnyIsNotFound) {
  EXPECT_EQ(Build(Any()).status().code(), absl::StatusCode::kNotFound);
}

TEST(Registry, OfABrokenAnyIsInvalid) {
  Any any = AnyOf(registry_test::CircleConfig());
  any.set_value("\xff");
  const auto shape = Build(any);

  EXPECT_EQ(shape.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(shape.status().message()),
              HasSubstr("not a serialized anneal.registry_test.CircleConfig"));
}

TEST(Registry, OfABrokenStructIsInvalid) {
  Any any = AnyOf(StructComponent());
  any.set_value("\xff");
  const auto shape = Build(any);

  EXPECT_EQ(shape.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(shape.status().message()),
              HasSubstr("not a serialized anneal.StructComponent"));
}

// A StructComponent that names a class with a message of its own.
TEST(Registry, OfAStructForAClassWithAMessageIsInvalid) {
  StructComponent config;
  config.set_type("anneal.registry_test.Circle");
  const auto shape = Build(AnyOf(config));

  EXPECT_EQ(shape.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(shape.status().message()),
              HasSubstr("not a serialized anneal.registry_test.CircleConfig"));
}

TEST(Registry, KnowsItsKind) {
  EXPECT_STREQ(RegistryOf<Shape>::Get().kind(), "shape");
  EXPECT_STREQ(RegistryOf<Shape>::kKind, "shape");
}

TEST(Registry, NotesTheSourceFile) {
  EXPECT_THAT(RegistryIndex::Get().entries("shape")[0]->file,
              HasSubstr("registry/registry_test.cc"));
}

TEST(Registry, FindsAClassByName) {
  const auto& registry = RegistryOf<Shape>::Get();

  EXPECT_EQ(registry.Find("Circle")->name, "Circle");
  EXPECT_EQ(registry.Find("mylib.Blob")->scope, "mylib");
  EXPECT_EQ(registry.Find("Square"), nullptr);
}

// -- What a class must have, else it does not compile.

class NoShape {
 public:
  using Config = Struct;
  static absl::StatusOr<std::unique_ptr<NoShape>> Create(
      const Config&, std::unique_ptr<std::string>, int*);
};
class NoConfig : public Blob {
  using Config = Struct;
};
class NoMessage : public Blob {
 public:
  using Config = std::string;
};
class NoCreate : public Shape {
 public:
  using Config = Struct;
};
class CreateOfFewerArguments : public Shape {
 public:
  using Config = Struct;
  static absl::StatusOr<std::unique_ptr<Circle>> Create(const Config&);
};
class CreateOfAnother : public Shape {
 public:
  using Config = Struct;
  static absl::StatusOr<std::unique_ptr<NoShape>> Create(
      const Config&, std::unique_ptr<std::string>, int*);
};

template <typename T>
using Checked = RegisteredClass<T, Shape, std::unique_ptr<std::string>, int*>;

TEST(RegisteredClass, TellsWhatIsMissing) {
  EXPECT_TRUE(Checked<Circle>::has_config);
  EXPECT_TRUE(Checked<Circle>::has_create);
  EXPECT_FALSE(Checked<NoShape>::has_create);
  EXPECT_FALSE(Checked<NoConfig>::has_config);
  EXPECT_FALSE(Checked<NoMessage>::has_config);
  EXPECT_FALSE(Checked<NoCreate>::has_create);
  EXPECT_FALSE(Checked<CreateOfFewerArguments>::has_create);
  EXPECT_FALSE(Checked<CreateOfAnother>::has_create);
}

// -- Threads.

TEST(Registry, FindsMissesAndListsInManyThreads) {
  std::vector<int> right(4);
  std::vector<std::thread> threads;
  for (int& count : right) {
    threads.emplace_back([&count] {
      const RegistryIndex& index = RegistryIndex::Get();
      for (int i = 0; i < 200; ++i) {
        count += index.Find("shape", "Circle") != nullptr &&
                 index.Find("shape", "Square") == nullptr &&
                 index.Names("shape").size() == 2 &&
                 !index.NotLinked("shape", "Circel").ok() &&
                 index.Scopes().size() == 3;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();

  EXPECT_THAT(right, ::testing::Each(200));
}

TEST(Registry, BuildsInManyThreads) {
  const Any config = AnyOf(registry_test::CircleConfig());
  std::vector<int> counts(4);
  std::vector<std::thread> threads;
  for (int& count : counts) {
    threads.emplace_back([&config, &count] {
      for (int i = 0; i < 1000; ++i)
        Build(config, &count).status().IgnoreError();
    });
  }
  for (std::thread& thread : threads) thread.join();

  EXPECT_THAT(counts, ::testing::Each(1000));
}

}  // namespace
}  // namespace anneal
