#include "config/python/imports.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "config/python/value.h"

namespace anneal::config::python {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class ImportsTest : public ::testing::Test {
 protected:
  static Alias Named(const std::string& name, const std::string& as = "") {
    Alias alias;
    alias.name = name;
    alias.as = as;
    return alias;
  }
  absl::Status From(const std::string& module, const Alias& alias,
                    int level = 0) {
    ImportFrom statement;
    statement.module = module;
    statement.level = level;
    statement.names.push_back(alias);
    return BindImportFrom(statement, &names_, &imported_, &heap_);
  }
  const Imported* Find(const std::string& name) const {
    return names_.Find(name)->get<const Imported>();
  }

  Heap heap_;
  Names names_;
  std::set<std::string> imported_;
};

TEST_F(ImportsTest, OfModulesBindTheFirstNameOrTheOtherOne) {
  Import statement;
  statement.names = {Named("torch.optim"), Named("torch.nn", "nn"),
                     Named("math")};
  BindImport(statement, &names_, &imported_, &heap_);

  EXPECT_THAT(imported_, ElementsAre("math", "nn", "torch"));
  EXPECT_EQ(Find("torch")->name, "torch");
  EXPECT_TRUE(Find("torch")->is_module);
  EXPECT_EQ(Find("nn")->name, "torch.nn");
  EXPECT_EQ(names_.Find("math")->get<const Module>()->name, "math");
}

TEST_F(ImportsTest, OfClassesAreTheirNames) {
  ASSERT_TRUE(From("torch.optim", Named("SGD", "Plain")).ok());
  ASSERT_TRUE(From("models", Named("Net"), /*level=*/2).ok());

  EXPECT_EQ(Find("Plain")->module, "torch.optim");
  EXPECT_EQ(Find("Plain")->name, "SGD");
  EXPECT_FALSE(Find("Plain")->is_module);
  EXPECT_EQ(Find("Net")->module, "..models");
}

TEST_F(ImportsTest, OfKnownModulesAreTheirFunctions) {
  ASSERT_TRUE(From("math", Named("sqrt")).ok());
  EXPECT_NE(names_.Find("sqrt")->get<const Function>(), nullptr);

  const absl::Status status = From("math", Named("gamma"));
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("math.gamma is not read in a config"));
}

TEST_F(ImportsTest, OfAllAreForReadBase) {
  const absl::Status status = From("base", Named("*"));

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("\"import *\" stands in \"with read_base():\""));
}

}  // namespace
}  // namespace anneal::config::python
