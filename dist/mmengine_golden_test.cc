// What mmengine.dist's functions give, on the first and the last of 2, 3 and 4
// ranks; mmengine_golden.py has made the numbers.

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "dist/all_reduce_params.h"
#include "dist/communicator.h"
#include "dist/local_group.h"
#include "tests/support/ranks.h"
#include "utils/value.h"

namespace anneal::dist {
namespace {

using ::nlohmann::json;

const std::map<std::string, ReduceOp>& Ops() {
  static const auto& ops = *new std::map<std::string, ReduceOp>{
      {"sum", ReduceOp::kSum},   {"mean", ReduceOp::kMean},
      {"min", ReduceOp::kMin},   {"max", ReduceOp::kMax},
      {"band", ReduceOp::kBand}, {"product", ReduceOp::kProduct},
      {"bor", ReduceOp::kBor},   {"bxor", ReduceOp::kBxor}};
  return ops;
}

at::ScalarType Dtype(const std::string& name) {
  static const auto& dtypes = *new std::map<std::string, at::ScalarType>{
      {"float32", at::kFloat},     {"float64", at::kDouble},
      {"float16", at::kHalf},      {"int64", at::kLong},
      {"bfloat16", at::kBFloat16}, {"int32", at::kInt},
      {"uint8", at::kByte},        {"int8", at::kChar}};
  return dtypes.at(name);
}

at::Tensor TensorOf(int rank, at::ScalarType dtype,
                    const std::vector<int64_t>& shape) {
  int64_t numel = 1;
  for (const int64_t size : shape) numel *= size;
  const at::Tensor values = at::arange(numel, at::kLong) * 3 + rank * 5;
  return (values.remainder(7) + rank + 1).reshape(shape).to(dtype);
}

json Plain(const at::Tensor& tensor) {
  const at::Tensor flat = tensor.to(at::kDouble).contiguous().flatten();
  return std::vector<double>(flat.data_ptr<double>(),
                             flat.data_ptr<double>() + flat.numel());
}

json Plain(const std::vector<at::Tensor>& tensors) {
  json all = json::array();
  for (const at::Tensor& tensor : tensors) all.push_back(Plain(tensor));
  return all;
}

json Plain(const Value& value) {
  if (const auto* integer = value.get_if<int64_t>()) return *integer;
  if (const auto* text = value.get_if<std::string>()) return *text;
  if (const auto* tensor = value.get_if<at::Tensor>()) return Plain(*tensor);
  if (const auto* list = value.get_if<Value::List>()) {
    json all = json::array();
    for (const Value& element : *list) all.push_back(Plain(element));
    return all;
  }
  json all = json::object();
  for (const auto& [key, element] : *value.get_if<Dict>()) {
    all[KeyString(key)] = Plain(element);
  }
  return all;
}

// What this rank's call of a line of the file gives.
json Result(Communicator& ranks, const json& line) {
  const std::string call = line["call"];
  const int rank = ranks.rank();
  at::Tensor tensor;
  if (line.contains("shape")) {
    tensor = TensorOf(rank, Dtype(line["dtype"]), line["shape"]);
  }
  if (call == "all_reduce") {
    if (tensor.dim() == 2) tensor = tensor.t();
    EXPECT_TRUE(ranks.AllReduce(&tensor, Ops().at(line["op"])).ok());
    return Plain(tensor);
  }
  if (call == "all_gather") return Plain(*ranks.AllGather(tensor));
  if (call == "gather") return Plain(*ranks.Gather(tensor, 1));
  if (call == "broadcast") {
    EXPECT_TRUE(ranks.Broadcast(&tensor, 1).ok());
    return Plain(tensor);
  }
  if (call == "all_reduce_dict") {
    Dict values{{"b", TensorOf(rank, at::kFloat, {3})},
                {"a", TensorOf(rank, at::kFloat, {2, 2})}};
    EXPECT_TRUE(ranks.AllReduceDict(&values, Ops().at(line["op"])).ok());
    return Plain(Value(values));
  }
  if (call == "all_reduce_params") {
    const std::vector<at::Tensor> params = {
        TensorOf(rank, at::kFloat, {3}), TensorOf(rank, at::kDouble, {2, 2}),
        TensorOf(rank, at::kFloat, {4}), TensorOf(rank, at::kLong, {2})};
    AllReduceParamsOptions options;
    options.op = Ops().at(line["op"]);
    options.coalesce = line["coalesce"];
    options.bucket_size_mb = line["bucket_size_mb"];
    EXPECT_TRUE(AllReduceParams(ranks, params, options).ok());
    return Plain(params);
  }
  if (call == "all_gather_object") {
    return Plain(Value(*ranks.AllGatherObject(
        Dict{{"rank", rank}, {"name", "r" + std::to_string(rank)}})));
  }
  if (call == "gather_object") {
    return Plain(Value(
        *ranks.GatherObject(Value::List{rank, std::string(rank, 'x')}, 1)));
  }
  if (call == "broadcast_object_list") {
    Value value = Value::List{"a" + std::to_string(rank), Dict{{"n", rank}}};
    EXPECT_TRUE(ranks.BroadcastObject(&value, 1).ok());
    return Plain(value);
  }
  EXPECT_EQ(call, "collect_results");
  Value::List results;
  for (int i = 0; i < 3; ++i) results.push_back(i * ranks.world_size() + rank);
  return Plain(Value(*ranks.CollectResults(results, line["size"])));
}

class MmengineDist : public ::testing::TestWithParam<int> {};

TEST_P(MmengineDist, GivesTheSame) {
  RunRanks(GetParam(), [](Communicator& ranks) {
    std::ifstream file("dist/mmengine_golden.txt");
    // The lines of rank 0 say what all call; those of the last, what it gets.
    std::vector<std::pair<json, json>> calls;
    size_t last = 0;
    for (std::string text; std::getline(file, text);) {
      const json line = json::parse(text);
      if (line["world_size"] != ranks.world_size()) continue;
      if (line["rank"] == 0) {
        calls.emplace_back(line, json());
      } else {
        calls[last++].second = line;
      }
    }
    ASSERT_GT(calls.size(), 150);
    ASSERT_EQ(calls.size(), last);
    for (const auto& [of_first, of_last] : calls) {
      const json result = Result(ranks, of_first);
      if (ranks.rank() == 0) {
        EXPECT_EQ(result, of_first["result"]) << of_first;
      } else if (ranks.rank() == ranks.world_size() - 1) {
        EXPECT_EQ(result, of_last["result"]) << of_last;
      }
    }
  });
}

INSTANTIATE_TEST_SUITE_P(Worlds, MmengineDist, ::testing::Values(2, 3, 4),
                         ::testing::PrintToStringParamName());

TEST(LocalGroup, IsOfAllRanksOnOneMachine) {
  RunRanks(3, [](Communicator& ranks) {
    const auto local = LocalGroup(ranks);
    ASSERT_TRUE(local.ok()) << local.status();
    EXPECT_EQ((*local)->rank(), ranks.rank());
    EXPECT_EQ((*local)->world_size(), 3);
    EXPECT_EQ((*local)->AllGatherObject(1)->size(), 3);
  });
}

}  // namespace
}  // namespace anneal::dist
