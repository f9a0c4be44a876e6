#include <ATen/ops/zeros.h>
#include <gmock/gmock.h>
#include <google/protobuf/any.pb.h>
#include <gtest/gtest.h>
#include <torch/nn/module.h>

#include <cstdlib>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "config/config_file.h"
#include "config/lower.h"
#include "config/struct_component.pb.h"
#include "dataset/collate.h"
#include "dataset/data_loader.h"
#include "dataset/dataset.h"
#include "dataset/sampler.h"
#include "dataset/transform.h"
#include "dist/communicator.h"
#include "dist/single_process.h"
#include "evaluator/metric.h"
#include "fileio/safetensors.h"
#include "hooks/hook.h"
#include "model/base_model.h"
#include "model/data_preprocessor.h"
#include "model/loss_function.h"
#include "optim/base_optim_wrapper.h"
#include "optim/constructors/optim_wrapper_constructor.h"
#include "optim/param_scheduler.h"
#include "registry/known_components.h"
#include "registry/registry.h"
#include "runner/log_processor.h"
#include "runner/loop.h"
#include "strategy/strategy.h"
#include "utils/status_macros.h"
#include "visualization/vis_backend.h"
#include "visualization/visualizer.h"

namespace anneal {
namespace {

using ::google::protobuf::Any;

// The folder of tiny data files that the smallest configs read.
std::string DataFolder() { return ::testing::TempDir(); }

void WriteFile(const std::string& name, const std::string& bytes) {
  std::ofstream(absl::StrCat(DataFolder(), "/", name), std::ios::binary)
      << bytes;
}

void WriteDataFiles() {
  WriteFile("text.txt", "abc");
  // idx files of one 1x1 image and its label.
  WriteFile("images.idx", std::string("\0\0\x08\x03\0\0\0\x01\0\0\0\x01\0\0\0"
                                      "\x01\x07",
                                      17));
  WriteFile("labels.idx", std::string("\0\0\x08\x01\0\0\0\x01\x05", 9));
  Safetensors file;
  file.tensors["inputs"] = at::zeros({2, 1});
  ASSERT_TRUE(
      SaveSafetensors(file, absl::StrCat(DataFolder(), "/tensors.safetensors"))
          .ok());
}

// smallest_configs.yaml.
absl::StatusOr<config::Node> SmallestConfigs() {
  setenv("SMOKE_DATA", DataFolder().c_str(), 1);
  return config::LoadConfig("tests/smoke/smallest_configs.yaml");
}

// The smallest config of a class, as a config file's lowering gives it.
absl::StatusOr<Any> SmallestConfig(const std::string& kind,
                                   const std::string& type) {
  const config::ComponentClass* found = RegistryIndex::Get().Find(kind, type);
  if (found == nullptr) return RegistryIndex::Get().NotLinked(kind, type);
  ASSIGN_OR_RETURN(const config::Node configs, SmallestConfigs());
  const config::Node* classes = configs.Find(kind);
  const config::Node* fields = classes ? classes->Find(type) : nullptr;
  if (fields == nullptr) {
    return absl::NotFoundError(absl::StrCat(
        "add ", kind, " ", type, " to tests/smoke/smallest_configs.yaml"));
  }
  std::unique_ptr<google::protobuf::Message> message(found->config->New());
  RETURN_IF_ERROR(config::Lower(*fields, RegistryIndex::Get(), message.get()));
  Any config;
  if (const auto* any_fields =
          dynamic_cast<const google::protobuf::Struct*>(message.get())) {
    StructComponent component;
    component.set_type(type);
    *component.mutable_fields() = *any_fields;
    config.PackFrom(component);
  } else {
    config.PackFrom(*message);
  }
  return config;
}

template <typename Base, typename... Args>
absl::StatusOr<std::unique_ptr<Base>> BuildSmallest(const std::string& type,
                                                    Args&&... args) {
  ASSIGN_OR_RETURN(const Any config,
                   SmallestConfig(RegistryOf<Base>::kKind, type));
  return RegistryOf<Base>::Get().Build(config, std::forward<Args>(args)...);
}

template <typename Base>
absl::Status Build(const std::string& type) {
  return BuildSmallest<Base>(type).status();
}

absl::Status BuildSampler(const std::string& type) {
  SamplerContext context;
  context.dataset_size = 1;
  return BuildSmallest<Sampler>(type, context).status();
}

absl::Status BuildOptimizer(const std::string& type) {
  ParamGroup group;
  group.params = {
      at::zeros({1, 1}).requires_grad_()};  // Muon takes matrices only.
  return BuildSmallest<Optimizer>(type, std::vector<ParamGroup>{group})
      .status();
}

absl::Status BuildOptimWrapper(const std::string& type) {
  ASSIGN_OR_RETURN(const auto model, BuildSmallest<BaseModel>("LeNet"));
  return BuildSmallest<BaseOptimWrapper>(type, *model, nullptr).status();
}

absl::Status BuildParamScheduler(const std::string& type) {
  std::vector<ParamGroup> groups(1);
  groups[0].options = Dict{{"lr", 0.1}, {"momentum", 0.9}};
  ScheduleLengths lengths;
  lengths.epoch_length = lengths.max_epochs = lengths.max_iters = 1;
  return BuildSmallest<ParamScheduler>(type, &groups, lengths).status();
}

absl::Status BuildStrategy(const std::string& type) {
  const auto communicator = dist::SingleProcess();
  return BuildSmallest<Strategy>(type, communicator.get()).status();
}

absl::Status BuildLoop(const std::string& type) {
  ASSIGN_OR_RETURN(const auto loader,
                   BuildSmallest<DataLoader>("DataLoader", LoaderContext()));
  const auto communicator = dist::SingleProcess();
  LoopContext context;
  context.communicator = communicator.get();
  context.loader = loader.get();
  return BuildSmallest<Loop>(type, context).status();
}

template <typename Base>
absl::Status BuildInFolder(const std::string& type) {
  return BuildSmallest<Base>(type, ::testing::TempDir()).status();
}

// Kind -> what builds a class of it from its smallest config.
const std::map<std::string, std::function<absl::Status(const std::string&)>>&
Builders() {
  static const auto* builders =
      new std::map<std::string,
                   std::function<absl::Status(const std::string&)>>{
          {"collate_fn", &Build<Collate>},
          {"data_preprocessor", &Build<DataPreprocessor>},
          {"dataloader",
           [](const std::string& type) {
             return BuildSmallest<DataLoader>(type, LoaderContext()).status();
           }},
          {"dataset", &Build<Dataset>},
          {"hook", &Build<Hook>},
          {"log_processor", &Build<LogProcessor>},
          {"loop", &BuildLoop},
          {"loss", &Build<LossFunction>},
          {"metric", &Build<Metric>},
          {"model", &Build<BaseModel>},
          {"optim_wrapper", &BuildOptimWrapper},
          {"optim_wrapper_constructor", &Build<OptimWrapperConstructor>},
          {"optimizer", &BuildOptimizer},
          {"param_scheduler", &BuildParamScheduler},
          {"sampler", &BuildSampler},
          {"strategy", &BuildStrategy},
          {"transform", &Build<Transform>},
          {"vis_backend", &BuildInFolder<VisBackend>},
          {"visualizer", &BuildInFolder<Visualizer>},
      };
  return *builders;
}

struct Registered {
  std::string kind;
  std::string type;
  std::string file;
};

void PrintTo(const Registered& one, std::ostream* out) {
  *out << one.kind << " " << one.type;
}

std::vector<Registered> AllRegistered() {
  std::vector<Registered> all;
  for (const std::string& kind : RegistryIndex::Get().Kinds()) {
    for (const auto& entry : RegistryIndex::Get().entries(kind)) {
      all.push_back({kind, entry->component.name, entry->file});
    }
  }
  return all;
}

class Component : public ::testing::TestWithParam<Registered> {
 protected:
  static void SetUpTestSuite() { WriteDataFiles(); }
};

TEST_P(Component, IsBuiltFromItsSmallestConfig) {
  const auto builder = Builders().find(GetParam().kind);
  ASSERT_NE(builder, Builders().end())
      << "add how a " << GetParam().kind << " is built to Builders()";

  const absl::Status status = builder->second(GetParam().type);

  EXPECT_TRUE(status.ok()) << status;
}

// Source file -> the target that compiles it, of Bazel's own graph.
std::map<std::string, std::string> TargetsOfSources() {
  std::map<std::string, std::string> targets;
  std::ifstream graph("tests/smoke/component_sources");
  std::string line;
  while (std::getline(graph, line)) {
    //   "//optim:adam" -> "//optim:adam.cc"
    const std::vector<std::string> parts = absl::StrSplit(line, '"');
    if (parts.size() < 4 || parts[2] != " -> ") continue;
    const std::string path =
        absl::StrReplaceAll(parts[3], {{"//", ""}, {":", "/"}});
    targets[path] = parts[1];
  }
  return targets;
}

TEST_P(Component, IsKnownByTheTargetThatRegistersIt) {
  static const auto* targets =
      new std::map<std::string, std::string>(TargetsOfSources());
  const auto target = targets->find(GetParam().file);
  ASSERT_NE(target, targets->end())
      << GetParam().file << " is compiled by no target of all_components";

  EXPECT_EQ(KnownComponentTarget(GetParam().kind, GetParam().type),
            target->second)
      << "mend registry/known_components.cc";
}

INSTANTIATE_TEST_SUITE_P(All, Component, ::testing::ValuesIn(AllRegistered()),
                         [](const auto& info) {
                           return info.param.kind + "_" + info.param.type;
                         });

TEST(KnownComponents, AreAllLinked) {
  for (const KnownComponent& known : KnownComponents()) {
    EXPECT_NE(RegistryIndex::Get().Find(known.kind, known.type), nullptr)
        << known.kind << " " << known.type << ": does " << known.target
        << " say alwayslink = True, and its folder's all_* target name it?";
  }
}

TEST(SmallestConfigs, AreOfClassesThatThereAre) {
  const absl::StatusOr<config::Node> configs = SmallestConfigs();
  ASSERT_TRUE(configs.ok()) << configs.status();
  for (const auto& kind : *configs->get_if<config::Node::Map>()) {
    for (const auto& type : *kind.value.get_if<config::Node::Map>()) {
      EXPECT_NE(RegistryIndex::Get().Find(kind.key, type.key), nullptr)
          << type.place.ToString() << ": no " << kind.key << " " << type.key;
    }
  }
}

}  // namespace
}  // namespace anneal
