// config_load_ours YAML PY: prints "CASE SECONDS" for loading and dumping both
// configs; config_load.py runs it.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <functional>
#include <iostream>

#include "config/config_file.h"
#include "config/dump.h"
#include "config/dump_python.h"

namespace anneal {
namespace {

using Clock = std::chrono::steady_clock;

constexpr double kSeconds = 2;

// Prints the seconds of the fastest call.
void Time(const char* name, const std::function<size_t()>& call) {
  double fastest = kSeconds;
  size_t total = 0;
  const auto end = Clock::now() + std::chrono::duration<double>(kSeconds);
  while (Clock::now() < end) {
    const auto begin = Clock::now();
    total += call();
    const std::chrono::duration<double> elapsed = Clock::now() - begin;
    fastest = std::min(fastest, elapsed.count());
  }
  if (total > 0) std::printf("%s %.9f\n", name, fastest);
}

int Main(const char* yaml_path, const char* py_path) {
  const absl::StatusOr<config::Node> yaml = config::LoadConfig(yaml_path);
  if (!yaml.ok()) {
    std::cerr << yaml.status() << "\n";
    return 1;
  }
  Time("yaml", [&] { return config::LoadConfig(yaml_path).ok() ? 1 : 0; });
  Time("dump_yaml", [&] { return config::DumpYaml(*yaml).size(); });
  Time("dump_py", [&] { return config::PrettyText(*yaml).size(); });
  const absl::StatusOr<config::Node> py = config::LoadConfig(py_path);
  if (!py.ok()) {
    std::cerr << py.status() << "\n";
    return 1;
  }
  Time("py", [&] { return config::LoadConfig(py_path).ok() ? 1 : 0; });
  return 0;
}

}  // namespace
}  // namespace anneal

int main(int argc, char** argv) {
  return argc == 3 ? anneal::Main(argv[1], argv[2]) : 2;
}
