// Prints "CASE SECONDS" for building a registered class; registry_build.py runs
// it.

#include <google/protobuf/any.pb.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <functional>
#include <memory>
#include <string>

#include "config/reader.h"
#include "registry/build_from_cfg.h"
#include "registry/registry.h"
#include "tests/benchmarks/registry_build.pb.h"

namespace anneal {

class Shape {
 public:
  virtual ~Shape() = default;
};
ANNEAL_REGISTRY(Shape, "shape");

namespace {

class Circle : public Shape {
 public:
  using Config = benchmarks::CircleConfig;
  static absl::StatusOr<std::unique_ptr<Circle>> Create(const Config& config) {
    auto circle = std::make_unique<Circle>();
    circle->radius_ = config.radius();
    circle->colour_ = config.colour();
    circle->filled_ = config.filled();
    return circle;
  }

 private:
  double radius_ = 0;
  std::string colour_;
  bool filled_ = false;
};
ANNEAL_REGISTER_IN_SCOPE(Shape, Circle, "anneal");

// One of the others that a kind has.
template <typename ConfigType>
class Other : public Shape {
 public:
  using Config = ConfigType;
  static absl::StatusOr<std::unique_ptr<Other>> Create(const Config&) {
    return std::make_unique<Other>();
  }
};

using Shape01 = Other<benchmarks::Shape01Config>;
ANNEAL_REGISTER_IN_SCOPE(Shape, Shape01, "anneal");
using Shape02 = Other<benchmarks::Shape02Config>;
ANNEAL_REGISTER_IN_SCOPE(Shape, Shape02, "anneal");
using Shape03 = Other<benchmarks::Shape03Config>;
ANNEAL_REGISTER_IN_SCOPE(Shape, Shape03, "anneal");
using Shape04 = Other<benchmarks::Shape04Config>;
ANNEAL_REGISTER_IN_SCOPE(Shape, Shape04, "anneal");
using Shape05 = Other<benchmarks::Shape05Config>;
ANNEAL_REGISTER_IN_SCOPE(Shape, Shape05, "anneal");
using Shape06 = Other<benchmarks::Shape06Config>;
ANNEAL_REGISTER_IN_SCOPE(Shape, Shape06, "anneal");
using Shape07 = Other<benchmarks::Shape07Config>;
ANNEAL_REGISTER_IN_SCOPE(Shape, Shape07, "anneal");
using Shape08 = Other<benchmarks::Shape08Config>;
ANNEAL_REGISTER_IN_SCOPE(Shape, Shape08, "anneal");
using Shape09 = Other<benchmarks::Shape09Config>;
ANNEAL_REGISTER_IN_SCOPE(Shape, Shape09, "anneal");
using Shape10 = Other<benchmarks::Shape10Config>;
ANNEAL_REGISTER_IN_SCOPE(Shape, Shape10, "anneal");
using Shape11 = Other<benchmarks::Shape11Config>;
ANNEAL_REGISTER_IN_SCOPE(Shape, Shape11, "anneal");
using Shape12 = Other<benchmarks::Shape12Config>;
ANNEAL_REGISTER_IN_SCOPE(Shape, Shape12, "anneal");
using Shape13 = Other<benchmarks::Shape13Config>;
ANNEAL_REGISTER_IN_SCOPE(Shape, Shape13, "anneal");
using Shape14 = Other<benchmarks::Shape14Config>;
ANNEAL_REGISTER_IN_SCOPE(Shape, Shape14, "anneal");
using Shape15 = Other<benchmarks::Shape15Config>;
ANNEAL_REGISTER_IN_SCOPE(Shape, Shape15, "anneal");
using Shape16 = Other<benchmarks::Shape16Config>;
ANNEAL_REGISTER_IN_SCOPE(Shape, Shape16, "anneal");
using Shape17 = Other<benchmarks::Shape17Config>;
ANNEAL_REGISTER_IN_SCOPE(Shape, Shape17, "anneal");
using Shape18 = Other<benchmarks::Shape18Config>;
ANNEAL_REGISTER_IN_SCOPE(Shape, Shape18, "anneal");
using Shape19 = Other<benchmarks::Shape19Config>;
ANNEAL_REGISTER_IN_SCOPE(Shape, Shape19, "anneal");
using Shape20 = Other<benchmarks::Shape20Config>;
ANNEAL_REGISTER_IN_SCOPE(Shape, Shape20, "anneal");
using Shape21 = Other<benchmarks::Shape21Config>;
ANNEAL_REGISTER_IN_SCOPE(Shape, Shape21, "anneal");
using Shape22 = Other<benchmarks::Shape22Config>;
ANNEAL_REGISTER_IN_SCOPE(Shape, Shape22, "anneal");
using Shape23 = Other<benchmarks::Shape23Config>;
ANNEAL_REGISTER_IN_SCOPE(Shape, Shape23, "anneal");
using Shape24 = Other<benchmarks::Shape24Config>;
ANNEAL_REGISTER_IN_SCOPE(Shape, Shape24, "anneal");
using Shape25 = Other<benchmarks::Shape25Config>;
ANNEAL_REGISTER_IN_SCOPE(Shape, Shape25, "anneal");
using Shape26 = Other<benchmarks::Shape26Config>;
ANNEAL_REGISTER_IN_SCOPE(Shape, Shape26, "anneal");
using Shape27 = Other<benchmarks::Shape27Config>;
ANNEAL_REGISTER_IN_SCOPE(Shape, Shape27, "anneal");
using Shape28 = Other<benchmarks::Shape28Config>;
ANNEAL_REGISTER_IN_SCOPE(Shape, Shape28, "anneal");
using Shape29 = Other<benchmarks::Shape29Config>;
ANNEAL_REGISTER_IN_SCOPE(Shape, Shape29, "anneal");
using Shape30 = Other<benchmarks::Shape30Config>;
ANNEAL_REGISTER_IN_SCOPE(Shape, Shape30, "anneal");
using Shape31 = Other<benchmarks::Shape31Config>;
ANNEAL_REGISTER_IN_SCOPE(Shape, Shape31, "anneal");
using Shape32 = Other<benchmarks::Shape32Config>;
ANNEAL_REGISTER_IN_SCOPE(Shape, Shape32, "anneal");
using Shape33 = Other<benchmarks::Shape33Config>;
ANNEAL_REGISTER_IN_SCOPE(Shape, Shape33, "anneal");
using Shape34 = Other<benchmarks::Shape34Config>;
ANNEAL_REGISTER_IN_SCOPE(Shape, Shape34, "anneal");
using Shape35 = Other<benchmarks::Shape35Config>;
ANNEAL_REGISTER_IN_SCOPE(Shape, Shape35, "anneal");
using Shape36 = Other<benchmarks::Shape36Config>;
ANNEAL_REGISTER_IN_SCOPE(Shape, Shape36, "anneal");
using Shape37 = Other<benchmarks::Shape37Config>;
ANNEAL_REGISTER_IN_SCOPE(Shape, Shape37, "anneal");
using Shape38 = Other<benchmarks::Shape38Config>;
ANNEAL_REGISTER_IN_SCOPE(Shape, Shape38, "anneal");
using Shape39 = Other<benchmarks::Shape39Config>;
ANNEAL_REGISTER_IN_SCOPE(Shape, Shape39, "anneal");

constexpr int kRounds = 20;
constexpr int kCalls = 20000;

void Time(const char* name, const std::function<bool()>& build) {
  double fastest = 1;
  bool is_right = true;
  for (int round = 0; round < kRounds; ++round) {
    const auto begin = std::chrono::steady_clock::now();
    for (int i = 0; i < kCalls; ++i) is_right &= build();
    const std::chrono::duration<double> elapsed =
        std::chrono::steady_clock::now() - begin;
    fastest = std::min(fastest, elapsed.count() / kCalls);
  }
  if (is_right) std::printf("%s %.9f\n", name, fastest);
}

int Main() {
  const absl::StatusOr<config::Node> cfg =
      config::ReadYaml("{type: Circle, radius: 2.5, colour: blue}", "cfg");
  if (!cfg.ok()) return 1;
  benchmarks::CircleConfig message;
  message.set_radius(2.5);
  message.set_colour("blue");
  google::protobuf::Any any;
  any.PackFrom(message);
  Time("message", [&] { return RegistryOf<Shape>::Get().Build(any).ok(); });
  Time("dict", [&] { return BuildFromCfg<Shape>(*cfg).ok(); });
  return 0;
}

}  // namespace
}  // namespace anneal

int main() { return anneal::Main(); }
