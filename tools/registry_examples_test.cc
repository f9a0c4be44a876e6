// The example of every class's page can be pasted.
#include <google/protobuf/any.pb.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "config/dump.h"
#include "config/lower.h"
#include "config/reader.h"
#include "config/runner.pb.h"
#include "registry/class_schema.h"
#include "registry/example_config.h"
#include "registry/registry_index.h"

namespace anneal {
namespace {

TEST(RegistryExamples, OfEveryComponentAreRight) {
  const RegistryIndex& index = RegistryIndex::Get();
  int num_classes = 0;
  for (const std::string& kind : index.Kinds()) {
    for (const auto& entry : index.entries(kind)) {
      ++num_classes;
      const config::Node example =
          ExampleComponent(index, kind, entry->component);
      google::protobuf::Any any;

      const absl::Status status =
          config::LowerComponent(example, kind, index, &any);

      EXPECT_TRUE(status.ok()) << config::DumpYaml(example) << status;
    }
  }
  EXPECT_GT(num_classes, 40);
}

void ExpectComments(const std::vector<FieldSchema>& fields,
                    const std::string& owner) {
  for (const FieldSchema& field : fields) {
    EXPECT_NE(field.comment, "") << owner << "." << field.name;
    ExpectComments(field.fields, owner + "." + field.name);
  }
}

TEST(RegistryPages, SayWhatEveryFieldMeans) {
  const RegistryIndex& index = RegistryIndex::Get();
  for (const std::string& kind : index.Kinds()) {
    for (const auto& entry : index.entries(kind)) {
      const ClassSchema schema = DescribeClass(index, *entry, kind);
      ExpectComments(schema.fields, schema.name);
    }
  }
}

// In a file of their own they lack the model, nothing else.
TEST(RegistryExamples, StandWhereARunsConfigTakesThem) {
  const RegistryIndex& index = RegistryIndex::Get();
  for (const std::string& kind : index.Kinds()) {
    for (const auto& entry : index.entries(kind)) {
      const std::string text =
          config::DumpYaml(DescribeClass(index, *entry, kind).example);
      const absl::StatusOr<config::Node> node =
          config::ReadYaml(text, "example.yaml");
      ASSERT_TRUE(node.ok()) << node.status();
      RunnerConfig message;

      const absl::Status status = config::Lower(*node, index, &message);

      for (absl::string_view error :
           absl::StrSplit(status.message(), '\n', absl::SkipEmpty())) {
        EXPECT_TRUE(absl::StrContains(error, "RunnerConfig needs this field"))
            << kind << "\n"
            << text << error;
      }
    }
  }
}

}  // namespace
}  // namespace anneal
