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
